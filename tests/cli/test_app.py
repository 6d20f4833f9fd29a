"""One command from its options to its exit code: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator

import pytest
import typer

from pipeline import errors as errors_module
from pipeline.cli import app as cli
from pipeline.errors import ConfigError, PipelineError

ERRORS = [value for value in vars(errors_module).values() if isinstance(value, type)]


@pytest.fixture(autouse=True)
def root_handlers() -> Iterator[None]:
    """A session leaves logging as it found it."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.getLogger("pipeline").level)
    yield
    assert (root.handlers, root.level, logging.getLogger("pipeline").level) == before


def ended(log_format: cli.LogFormat, error: BaseException) -> int:
    with pytest.raises(SystemExit) as caught, cli.session(log_format):
        raise error
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.mark.parametrize("kind", [e for e in ERRORS if issubclass(e, PipelineError)])
def test_each_pipeline_error_ends_with_its_own_code_and_two_clear_lines(
    kind: type[PipelineError], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(cli.LogFormat.text, kind("got x, expected y", hint="Use y")) == kind.exit_code
    assert capsys.readouterr() == ("", "error: got x, expected y\nhint: Use y\n")


def test_in_json_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(cli.LogFormat.json, ConfigError("got\nx", hint="Use y")) == 3
    out, err = capsys.readouterr()
    line = json.loads(err)
    assert (out, line["level"], line["message"]) == ("", "error", "got\nx")
    assert (line["hint"], line["exit_code"]) == ("Use y", 3)


@pytest.mark.parametrize("log_format", [cli.LogFormat.text, cli.LogFormat.json])
def test_an_unexpected_error_ends_with_1_and_its_traceback(
    log_format: cli.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(log_format, ZeroDivisionError("by zero")) == 1
    err = capsys.readouterr().err
    assert "Traceback (most recent call last)" in err
    assert "unexpected ZeroDivisionError: by zero" in err.splitlines()[-2 if "hint:" in err else -1]


def test_ctrl_c_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(cli.LogFormat.text, KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_sigterm_ends_with_143_after_the_context_managers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    closed = []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            closed.append(True)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught, cli.session(cli.LogFormat.text):
        work()
    assert caught.value.code == 143
    assert closed == [True]
    assert capsys.readouterr().err == "error: terminated\n"
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("error", [typer.Exit(4), typer.Abort(), BrokenPipeError()])
def test_typers_own_ways_to_end_stay_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)), cli.session(cli.LogFormat.text):
        raise error


def test_a_session_that_ends_well_exits_with_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with cli.session(cli.LogFormat.auto) as progress:
        progress.stage("dataset", "insurance")
        cli.say("done")
    out, err = capsys.readouterr()
    assert out == "done\n"
    assert re.search(r"INFO +\d+\.\d s  dataset: insurance$", err.rstrip())


def test_only_our_own_records_are_shown_below_warning(capsys: pytest.CaptureFixture[str]) -> None:
    with cli.session(cli.LogFormat.text):
        logging.getLogger("pipeline.data.dataset").info("ours")
        logging.getLogger("somebody.else").setLevel(logging.INFO)
        logging.getLogger("somebody.else").info("theirs")
        logging.getLogger("somebody.else").warning("bad")
        warnings.warn("deprecated", DeprecationWarning, stacklevel=1)
    assert [line.split(maxsplit=1)[1] for line in capsys.readouterr().err.splitlines()] == [
        "INFO ours",
        "WARNING bad",
    ]


def test_sigterm_that_a_library_turned_into_ctrl_c_is_still_sigterm() -> None:
    with pytest.raises(SystemExit) as ended, cli.session(cli.LogFormat.text):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except SystemExit:
            raise KeyboardInterrupt from None
    assert ended.value.code == 143


def test_json_lines_carry_every_event(capsys: pytest.CaptureFixture[str]) -> None:
    with cli.session(cli.LogFormat.json) as progress:
        progress.stage("experiment", "insurance")
        progress.models({"lr": "Linear Regression"})
        progress.model_started("lr")
        progress.model_finished("lr", {"MAE": 4.0, "R2": float("nan")}, 0.5)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"] for line in lines] == ["info"] * 4
    assert (lines[0]["stage"], lines[0]["detail"]) == ("experiment", "insurance")
    assert (lines[1]["models"], lines[2]["model"]) == (["lr"], "lr")
    assert (lines[3]["metrics"], lines[3]["seconds"]) == ({"MAE": 4.0}, 0.5)


def test_a_table_is_never_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    cli.say_table(
        "Leaderboard", ["id", "Model", "MAE"], [["gbr", "x" * 300, 2639.0], ["lr", "y", 1.5]]
    )
    assert capsys.readouterr().out.splitlines() == [
        "Leaderboard",
        f"id   {'Model':<300}  {'MAE':>9}",
        f"gbr  {'x' * 300}  2639.0000",
        f"lr   {'y':<300}  {'1.5000':>9}",
    ]
    cli.say_table("Nothing", ["a", "b"], [])
    assert capsys.readouterr().out == "Nothing\na  b\n"


NAMES = ("MAE", "MSE", "RMSE", "R2", "RMSLE", "MAPE", "TT (Sec)")
GRAPH = ("Convertible", "Max Error", "Flips", "µs/Row", "Bytes")
COLUMNS = ("id", "Model", *NAMES, *GRAPH)
BOARD: list[list[object]] = [
    *([f"m{k}", "Light Gradient Boosting Machine", *[1e5 / (k + 1)] * 7] for k in range(3)),
]
BOARD = [[*row, "not exact", "1.2e-12", "0", "12.3", "1,234,567"] for row in BOARD]


@pytest.mark.parametrize("width", [20, 40, 80, 100, 120, 155, 300])
@pytest.mark.parametrize("composed", [False, True])
def test_a_leaderboard_fits_the_terminal_with_what_matters_most(
    width: int, composed: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    rows = [["blend(tune(gbr)+rf)", "Blend of " + "x" * 90, *BOARD[0][2:]]] if composed else BOARD
    cli.say_leaderboard(COLUMNS, rows, "R2")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(rows)
    assert max(map(len, lines)) <= width
    head = re.split(r"\s{2,}", lines[1])
    assert [name for name in COLUMNS if name in head] == head
    assert head[0] == "id"
    if width >= 40:
        assert "R2" in head
    if width >= 80:
        assert {"µs/Row", "Bytes"} <= set(head)
        assert ("Model" in head) == (not composed or width == 300)
    assert (lines[0] == "Leaderboard") == (head == list(COLUMNS)) == (width == 300)


def test_a_fact_is_folded_between_words_on_a_terminal_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text, path = "parity passed on table rows and hostile rows " * 4, "/tmp/" + "x" * 90
    monkeypatch.setenv("COLUMNS", "80")
    cli.say_fact("Verdict", f"{text}{path}")
    assert capsys.readouterr().out == f"Verdict: {text}{path}\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    cli.say_fact("Verdict", f"{text}{path}")
    lines = capsys.readouterr().out.splitlines()
    assert [line[:9] for line in lines] == ["Verdict: ", *[" " * 9] * (len(lines) - 1)]
    assert " ".join(line[9:] for line in lines) == f"{text}{path}"
    assert max(map(len, lines[:-1])) <= 80


def test_elsewhere_than_on_a_terminal_a_leaderboard_is_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    cli.say_leaderboard(COLUMNS, BOARD, "R2")
    found = capsys.readouterr().out
    cli.say_table("Leaderboard", COLUMNS, BOARD)
    assert found == capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    code = """
        import sys
        from pipeline.cli import app as cli
        heavy = "numpy pandas rich.live onnxruntime sklearn pycaret mlflow onnx pydantic".split()
        print(sorted(set(heavy) & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "[]\n"
