"""Answers an event of AWS Lambda with predictions: always a status and JSON, never a traceback."""

from __future__ import annotations

import base64
import json
import math
import sys
from typing import Any

MOST_BYTES = 6_291_456
"""What Lambda takes and gives in one call."""


class EventError(Exception):
    """What an event has wrong; `row` (1-based) and `column` where one cell is to blame."""

    def __init__(self, status: int, error: str, **place: Any) -> None:
        super().__init__(error)
        self.status, self.content = status, {"error": error, **place}


def answer_event(event: Any, scorer: Any) -> dict[str, Any]:
    """The predictions of an event's rows.

    Args:
        event: `{"rows": [...]}` or a list of rows; or a request of API Gateway or a function URL
            whose body is such JSON, which is then answered as a response.
        scorer: see pipeline/runtime/scorer.py.
    """
    is_request = isinstance(event, dict) and ("requestContext" in event or "body" in event)
    try:
        rows = read_rows(read_body(event) if is_request else event)
        status, content = 200, {"predictions": answer_rows(scorer, rows)}
        answer = _wrap(status, content, is_request)
        if (size := len(json.dumps(answer))) > MOST_BYTES:
            raise EventError(413, f"the answer has {size:,} bytes, expected at most {MOST_BYTES:,}")
    except EventError as err:
        answer = _wrap(err.status, err.content, is_request)
    except Exception as err:  # noqa: BLE001  a caller gets JSON, the log the rest
        print(f"{type(err).__name__}: {err!r}", file=sys.stderr)
        answer = _wrap(500, {"error": f"scoring failed: {type(err).__name__}"}, is_request)
    return answer


def _wrap(status: int, content: dict[str, Any], is_request: bool) -> dict[str, Any]:
    if not is_request:
        return {"statusCode": status, **content}
    headers = {"content-type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(content)}


def read_body(request: dict[str, Any]) -> Any:
    """The JSON in the body of a request.

    Raises:
        EventError: it is none.
    """
    body = request.get("body")
    if not isinstance(body, str):
        raise EventError(400, f"got a body of {_kind(body)}, expected JSON text")
    if len(body) > MOST_BYTES:
        raise EventError(413, f"got {len(body):,} bytes, expected at most {MOST_BYTES:,}")
    try:
        if request.get("isBase64Encoded") is True:
            body = base64.b64decode(body, validate=True).decode("utf-8")
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as err:
        raise EventError(400, f"the body is no JSON: {_clean(err)}") from err


def _refuse(word: str) -> None:
    raise ValueError(f"got {word}, expected a number or null")


def read_rows(payload: Any) -> list[dict[str, Any]]:
    """The rows of an event or body.

    Raises:
        EventError: there are none.
    """
    rows = payload.get("rows") if isinstance(payload, dict) else payload
    if not isinstance(rows, list):
        raise EventError(400, f'got {_kind(rows)}, expected {{"rows": [...]}} or a list of rows')
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise EventError(400, f"row {number}: got {_kind(row)}, expected an object", row=number)
    return rows


def answer_rows(scorer: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One `{"label", "score", "scores"}` per row; null where a required column is missing.

    Raises:
        EventError: a row lacks a column or has another, or a cell does not fit.
    """
    from pipeline.errors import DataError
    from pipeline.runtime.feeds import CellError

    names = [column.name for column in scorer.manifest.inputs]
    for number, row in enumerate(rows, 1):
        _require(row, names, number)
    try:
        outputs = scorer.predict({name: [row[name] for row in rows] for name in names})
    except CellError as err:
        raise EventError(400, _clean(err), row=err.row, column=err.column.name) from err
    except DataError as err:
        raise EventError(400, _clean(err)) from err
    return list(_answers(scorer, outputs))


def _require(row: dict[str, Any], names: list[str], number: int) -> None:
    if row.keys() == set(names):
        return
    for name in names:
        if name not in row:
            error = f"row {number}: the column {name!r} is missing"
            raise EventError(400, error, row=number, column=name)
    name = _clean(next(name for name in row if name not in names))
    error = f"row {number}: got the column {name!r}, which the model does not take"
    raise EventError(400, error, row=number, column=name)


def _answers(scorer: Any, outputs: dict[str, Any]) -> Any:
    label, labels = outputs["prediction_label"], scorer.manifest.labels
    scores = outputs.get("prediction_score")
    missing = scorer.unanswered(label).tolist()
    for place, value in enumerate(label.tolist()):
        found: dict[str, Any] = {"label": None if missing[place] else _plain(value)}
        if scores is not None:
            found |= {"score": None, "scores": None}
            if not missing[place]:
                each = dict(zip(labels, map(_plain, scores[place].tolist()), strict=True))
                found |= {"score": each[value], "scores": {str(k): v for k, v in each.items()}}
        yield found


def _plain(value: Any) -> Any:
    """JSON has no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _clean(error: object) -> str:
    """Text that UTF-8 can hold: half a surrogate pair of an event may stand in it."""
    return str(error).encode("utf-8", "backslashreplace").decode("utf-8")


def _kind(value: Any) -> str:
    names = {type(None): "null", dict: "an object", list: "a list", str: "text", bool: "a boolean"}
    return names.get(type(value), "a number")
