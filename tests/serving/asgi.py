"""A server's app in this process: requests in, status and answer out, and what was read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What came back, and how many pieces of the body the app took."""

    status: int
    body: bytes
    pieces: int

    @property
    def message(self) -> str:
        return str(json.loads(self.body)["message"])

    @property
    def labels(self) -> list[Any]:
        return [row["prediction_label"] for row in json.loads(self.body)["predictions"]]


def ask(
    app: Any,
    body: bytes | Iterable[bytes],
    kind: str | None = "application/json",
    more: Sequence[tuple[bytes, bytes]] = (),
) -> Answer:
    """POST a body; pieces come without a word about their length, as chunks do."""
    headers = [*more, *([] if kind is None else [(b"content-type", kind.encode())])]
    if isinstance(body, bytes):
        headers.append((b"content-length", str(len(body)).encode()))
    pieces = iter([body] if isinstance(body, bytes) else body)
    given, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal given
        piece = next(pieces, None)
        if piece is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        given += 1
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        **{"type": "http", "method": "POST", "scheme": "http", "http_version": "1.1"},
        **{"path": "/invocations", "raw_path": b"/invocations", "root_path": ""},
        **{"headers": headers, "query_string": b"", "asgi": {"version": "3.0"}},
        **{"server": ("here", 80), "client": ("there", 1)},
    }
    asyncio.run(app(scope, receive, send))
    status = next(m["status"] for m in sent if m["type"] == "http.response.start")
    return Answer(status, b"".join(m.get("body", b"") for m in sent), given)
