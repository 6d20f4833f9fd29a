"""A log is of ours from INFO and of others from WARNING, one JSON object a line where asked."""

from __future__ import annotations

import io
import json
import logging
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli.logs import configure_logging, create_stream_handler

OURS, OTHERS = logging.getLogger("pipeline.anything"), logging.getLogger("another.library")


def test_others_are_heard_from_warning_on_and_advice_to_programmers_never() -> None:
    stream = io.StringIO()
    with configure_logging(create_stream_handler(False, stream)):
        OURS.debug("a detail")
        OURS.info("ours")
        OTHERS.info("a detail of theirs")
        OTHERS.warning("theirs")
        warnings.warn("advice", DeprecationWarning, stacklevel=1)
    found = [line.split(" ", 2)[1:] for line in stream.getvalue().splitlines()]
    assert found == [["INFO", "ours"], ["WARNING", "theirs"]]


@pytest.mark.parametrize("err", [None, KeyboardInterrupt])
def test_everything_is_as_before_when_the_block_ends(err: type[BaseException] | None) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], logging.getLogger("pipeline").level
    try:
        with configure_logging(create_stream_handler(False, io.StringIO())):
            assert root.handlers != before
            if err is not None:
                raise err
    except KeyboardInterrupt:
        pass
    assert root.handlers == before
    assert logging.getLogger("pipeline").level == level


@settings(max_examples=40)
@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: "%" not in text))
def test_any_message_is_one_line_that_json_reads_back(text: str) -> None:
    stream = io.StringIO()
    with configure_logging(create_stream_handler(True, stream)):
        OURS.info("%s", text, extra={"event": {"rows": 3}})
    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert (found["message"], found["rows"]) == (text, 3)
    assert (found["level"], found["logger"]) == ("info", OURS.name)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_is_kept_and_holds_no_password(as_json: bool) -> None:
    stream = io.StringIO()
    with configure_logging(create_stream_handler(as_json, stream)):
        try:
            raise ValueError("postgresql://me:hunter2@host/runs")
        except ValueError:
            OURS.exception("failed")
    text = stream.getvalue()
    assert "Traceback" in text and "ValueError" in text and "host/runs" in text
    assert "hunter2" not in text
