"""Formats log records on stderr: text, JSON lines, or rich text on a terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

from pipeline.errors.masking import mask_secrets
from pipeline.system.json_line import json_line

_LINE = "%(asctime)s %(levelname)s %(message)s"


@contextmanager
def configure_logging(handler: logging.Handler) -> Iterator[None]:
    """Our own records from INFO, everybody else's from WARNING; as before when the block ends."""
    root, ours = logging.getLogger(), logging.getLogger("pipeline")
    before = (root.handlers[:], ours.level)
    handler.addFilter(_is_wanted)
    root.handlers[:] = [handler]
    ours.setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before[0]
        ours.setLevel(before[1])


def _is_wanted(record: logging.LogRecord) -> bool:
    if record.name == "py.warnings":  # a library's advice to programmers
        return False
    return record.levelno >= logging.WARNING or record.name.split(".")[0] == "pipeline"


def create_stream_handler(as_json: bool, stream: TextIO) -> logging.Handler:
    """One line for each record, as text or JSON."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonLines() if as_json else _Text(_LINE, "%H:%M:%S"))
    return handler


def create_rich_handler(console: Any) -> logging.Handler:
    """Records in colour, above what the terminal shows live."""
    from rich.logging import RichHandler

    handler = RichHandler(console=console, show_path=False)
    handler.setFormatter(_Text("%(message)s"))
    return handler


class _Text(logging.Formatter):
    """Lines of text, a traceback included, without passwords."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_secrets(super().format(record))


class _JsonLines(logging.Formatter):
    """One JSON object per line: time, level, logger, message, and what the event carries."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "event", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json_line(line)
