"""An answer is one of ours: within the limits, with the right status, and silent of the inside."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.scoring_server import InvocationsResponse

from pipeline.errors import DataError, ModelError
from pipeline.serving import answers
from pipeline.serving.answers import FORMS, LONGEST, answer_invocation, limit_endpoint
from pipeline.serving.limits import Limits, current_limits

LIMITS = Limits(rows=3, bytes=100, columns=4)
REST = (None, SimpleNamespace(inputs=[1, 2]))
"""A model, and a schema of two columns."""
BODY = json.dumps({"instances": []}).encode()


def answered(
    work: Any, body: bytes = BODY, kind: str = "application/json"
) -> tuple[int, dict[str, Any]]:
    found = answer_invocation(LIMITS, work, body, kind, REST)
    return found.status, json.loads(found.response)


def fails(err: Exception) -> Any:
    def work(*_: Any) -> Any:
        raise err

    return work


def test_what_mlflow_answers_is_handed_on_and_the_limits_hold_meanwhile() -> None:
    def work(data: Any, kind: str, model: Any, schema: Any) -> InvocationsResponse:
        assert current_limits() is LIMITS
        return InvocationsResponse(json.dumps({"data": data}), 200, kind)

    assert answered(work) == (200, {"data": {"instances": []}})
    assert current_limits() is None
    extra = json.dumps({"inputs": {"a": [1]}, "params": {"x": 1}, "model": "chat"}).encode()
    assert answered(work, extra)[1]["data"] == {"inputs": {"a": [1]}, "params": {"x": 1}}


def test_an_error_of_ours_is_400_and_one_of_the_model_500(
    caplog: pytest.LogCaptureFixture,
) -> None:
    status, content = answered(fails(DataError("row 1: no number", hint="Send one")))
    assert (status, content["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "no number" in content["message"]
    for err in (ModelError("/srv/secret.onnx"), RuntimeError("/srv/secret.onnx")):
        status, content = answered(fails(err))
        assert (status, content["error_code"]) == (500, "INTERNAL_ERROR")
        assert "secret" not in json.dumps(content)
    assert "secret.onnx" in caplog.text


def test_an_error_that_mlflow_wraps_is_ours_all_the_same() -> None:
    wrapped = MlflowException.invalid_parameter_value("the whole request, and then the words")
    wrapped.__cause__ = DataError("row 2: no date")
    assert "no date" in answered(fails(wrapped))[1]["message"]
    plain = MlflowException.invalid_parameter_value("a list is no table")
    assert answered(fails(plain))[0] == 400
    traced = MlflowException("broken", stack_trace="/usr/lib/python")
    status, content = answered(fails(traced))
    assert (status, "stack_trace" in content) == (500, False)


@pytest.mark.parametrize("length", [1, LONGEST, LONGEST + 1, 100 * LONGEST])
def test_a_long_message_keeps_its_ends(length: int) -> None:
    message = answered(fails(DataError(f"begin {'x' * length} end")))[1]["message"]
    assert len(message) < LONGEST + 200
    assert "begin" in message and "end" in message


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"7", b"{}", b'{"inputs": [], "instances": []}', b'{"rows": []}'),
        *(b'{"inputs": "\xff"}', b"[" * 60),
    ],
)
def test_a_body_that_is_no_table_in_json_is_400(body: bytes) -> None:
    status, _ = answered(fails(AssertionError("nobody asks the model")), body)
    assert status == 400


@settings(max_examples=30)
@given(st.sampled_from(FORMS), st.recursive(st.integers() | st.text(), st.lists, max_leaves=5))
def test_a_body_is_decoded_as_json_decodes_it(form: str, value: Any) -> None:
    seen: list[Any] = []

    def work(data: Any, *_: Any) -> InvocationsResponse:
        seen.append(data)
        return InvocationsResponse("{}", 200, "application/json")

    answered(work, json.dumps({form: value}).encode())
    assert seen == [{form: value}]
    assert gc.isenabled()


def respond(body: bytes | Iterable[bytes], *headers: tuple[bytes, bytes]) -> tuple[Response, int]:
    """What an endpoint that reads its whole body answers, and how many pieces were taken."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {
            "type": "http.request",
            "body": pieces[taken - 1],
            "more_body": taken < len(pieces),
        }

    async def endpoint(request: Request) -> Response:
        return Response(await request.body())

    scope = {"type": "http", "method": "POST", "path": "/", "headers": list(headers)}
    return asyncio.run(limit_endpoint(LIMITS, endpoint)(Request(scope, receive))), taken


def test_a_body_within_the_limits_is_read_as_it_came() -> None:
    found, taken = respond([b"a" * 60, b"b" * 40])
    assert (found.status_code, found.body, taken) == (200, b"a" * 60 + b"b" * 40, 2)


def test_a_larger_one_is_dropped_to_its_end_and_refused() -> None:
    found, taken = respond([b"a" * 60] * 5)
    assert (found.status_code, taken) == (413, 5)  # or the client's pipe would break
    assert "bytes" in json.loads(found.body)["message"]
    announced, taken = respond(b"", (b"content-length", b"101"), (b"expect", b"100-continue"))
    assert (announced.status_code, taken) == (413, 0)  # it was not even asked for


def test_memory_is_given_back_after_parquet_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[bool] = []
    monkeypatch.setattr(answers, "give_back", lambda: given_back.append(True))
    respond(b"x", (b"content-type", b"text/csv"))
    assert not given_back
    respond(b"x", (b"content-type", b"application/vnd.apache.parquet"))
    assert given_back
