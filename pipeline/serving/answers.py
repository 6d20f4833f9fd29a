"""Answers requests to MLflow's server: within limits, and without internals in errors.

MLflow 3.17 reads a body of any size, says a whole request again in the message of an error, and
answers errors of a model with the stack trace, in which the paths of the server are.
`limit_endpoint`, around the endpoint, keeps no body that is too large; `answer_invocation`, around
what the endpoint calls, says errors.
"""

from __future__ import annotations

import gc
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus
from typing import Any

from pipeline.errors import DataError, ModelError, PipelineError
from pipeline.serving.limits import LARGE, Limits, TooMuchError, apply_limits, give_back

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
JSON = ("application/json", "application/json;charset=utf-8")
LONGEST = 2000
"""Characters of a message: names and cells of a request stand in it."""

Endpoint = Callable[..., Awaitable[Any]]


def limit_endpoint(limits: Limits, endpoint: Endpoint) -> Endpoint:
    """The endpoint for bodies within the limits; a larger one is dropped as it comes in.

    A body that does not say its length is counted while it is read.
    """
    from fastapi.responses import Response

    @wraps(endpoint)
    async def answer(request: Any) -> Any:
        size, more = 0, "100-continue" not in request.headers.get("expect", "").lower()

        async def counted() -> Any:
            nonlocal size, more
            message = await request.receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
            limits.require_bytes(size, more=more)
            return message

        try:
            length = request.headers.get("content-length", "")
            limits.require_bytes(int(length) if length.isdecimal() else 0)
            return await endpoint(type(request)(request.scope, counted))
        except TooMuchError as err:
            while more:  # to a client that is still sending, an early answer is a broken pipe
                more = (await request.receive()).get("more_body", False)
            content, status = _refusal(err)
            return Response(content=content, status_code=status, media_type="application/json")
        finally:
            if size > LARGE or "parquet" in request.headers.get("content-type", "").lower():
                give_back()  # a small body of Parquet may have been unpacked to the limit

    return answer


def answer_invocation(limits: Limits, original: Any, data: Any, kind: str | None, rest: Any) -> Any:
    """What `mlflow.pyfunc.scoring_server.invocations` answers; errors as ours.

    Args:
        kind: its content type.
        rest: the model and its schema.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.pyfunc.scoring_server import InvocationsResponse

    kind = kind or ""
    try:
        with apply_limits(limits):
            if kind.lower().replace(" ", "") in JSON:  # what MLflow takes for JSON
                _, schema = rest
                limits.require_lists(data, len(schema.inputs))
                data = _decode(data)
            return original(data, kind, *rest)
    except PipelineError as err:
        refusal = _refusal(err)
    except MlflowException as err:
        # MLflow puts the request before the message, but not into the arguments.
        said = DataError(str(err.args[0])) if "stack_trace" not in err.json_kwargs else None
        cause = err.__cause__ if isinstance(err.__cause__, PipelineError) else said
        refusal = _failure() if cause is None else _refusal(cause)
    except Exception:  # noqa: BLE001 - MLflow's own, and the libraries'
        refusal = _failure()
    return InvocationsResponse(*refusal, "application/json")


def _decode(data: bytes | str) -> Any:
    """The body as MLflow's function takes it; its own decoder says the whole body in the error."""
    try:
        with _pause_collection():
            body = json.loads(data)
    except RecursionError as err:
        raise DataError("the body is no JSON that can be read: it is nested too deeply") from err
    except ValueError as err:
        raise DataError(f"the body is no JSON: {err}", hint="Check the text and its end") from err
    keys = list(body) if isinstance(body, Mapping) else []
    if len({*FORMS} & {*keys}) != 1:
        got = f"the keys {keys[:10]}" if isinstance(body, Mapping) else f"a {type(body).__name__}"
        raise DataError(f"got {got}, expected an object with exactly one of {', '.join(FORMS)}")
    # further keys make MLflow take the body for a chat, or mean nothing to it
    return {key: body[key] for key in keys if key in {*FORMS, "params"}}


@contextmanager
def _pause_collection() -> Iterator[None]:
    """Make many objects without looking for cycles among them each time there are some more.

    For a body of nothing but small lists that is nine tenths of the time, in which nobody else is
    answered. Where two threads are in here, the first to leave switches it on again.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _refusal(err: PipelineError) -> tuple[str, int]:
    if isinstance(err, ModelError):  # nothing that the client could mend
        return _failure()
    too_much = isinstance(err, TooMuchError)
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_much else HTTPStatus.BAD_REQUEST
    return _phrase(str(err), "INVALID_PARAMETER_VALUE"), status.value


def _failure() -> tuple[str, int]:
    """What may be said of the exception at hand; the log has the rest."""
    name = secrets.token_hex(4)
    logging.getLogger(__name__).exception("request %s failed", name)
    text = f"the server failed unexpectedly. Its log has the reason under {name}"
    return _phrase(text, "INTERNAL_ERROR"), HTTPStatus.INTERNAL_SERVER_ERROR.value


def _phrase(text: str, code: str) -> str:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import ErrorCode

    if len(text) > LONGEST:
        half = LONGEST // 2
        text = f"{text[:half]} ... {text[-half:]}"
    said: Any = MlflowException(text, ErrorCode.Value(code))
    content: str = said.serialize_as_json()
    return content
