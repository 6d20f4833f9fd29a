"""Questions to a served model, in every JSON form that MLflow documents, and its answers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]


def columns(rows: Rows) -> dict[str, list[Any]]:
    """The same cells column by column."""
    return {name: [row[name] for row in rows] for name in rows[0]}


FORMS = {
    "dataframe_records": lambda rows: {"dataframe_records": rows},
    "dataframe_split": lambda rows: {
        "dataframe_split": {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}
    },
    "inputs, columns": lambda rows: {"inputs": columns(rows)},
    "inputs, rows": lambda rows: {"inputs": rows},
    "inputs, columns of shape [N, 1]": lambda rows: {
        "inputs": {name: [[value] for value in values] for name, values in columns(rows).items()}
    },
    "instances": lambda rows: {"instances": rows},
}


def post(url: str, body: object, kind: str = "application/json") -> tuple[int, dict[str, Any]]:
    """Status and answer; bytes go out as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read(), parse_constant=_refuse)
    except urllib.error.HTTPError as err:
        return err.code, json.load(err)


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")
