"""Builds command-line applications: options, logging, progress, errors as exit codes.

Only a session configures logging. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import logging
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from textwrap import wrap
from typing import Annotated, Any

import typer

from pipeline.cli import logs, stderr_capture
from pipeline.cli.display import (
    LiveProgress,
    LoggedProgress,
    align_table,
    choose_columns,
    format_cells,
    measure_widths,
)
from pipeline.errors import PipelineError, UsageError, causes
from pipeline.errors.masking import mask_secrets
from pipeline.system.progress import Progress
from pipeline.system.signals import Interrupts, Terminated

logger = logging.getLogger(__name__)


_LIVE: list[LiveProgress] = []
"""What draws on the terminal at present."""


class LogFormat(StrEnum):
    """How logs and progress are written to stderr."""

    auto = "auto"
    text = "text"
    json = "json"


LogFormatOption = Annotated[
    LogFormat,
    typer.Option("--log-format", help="auto: progress on a terminal, else one line per stage."),
]


class _Application(typer.Typer):
    """A command whose faults of usage show no secret, and are JSON if its log is."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            code = super().__call__(*args, standalone_mode=False, **kwargs)
        except typer.Abort:
            code = 1
        except Exception as err:
            if not hasattr(err, "format_message"):  # how click's usage errors put it
                raise
            _report_misuse(err)
            code = UsageError.exit_code
        sys.exit(code)


def _report_misuse(err: Any) -> None:
    """Say what click has against the command line."""
    if "--log-format json" not in " ".join(sys.argv[1:]).replace("=", " "):
        from typer.rich_utils import rich_format_error

        err.message = mask_secrets(err.message)  # before a box is drawn, which breaks lines
        rich_format_error(err)
        return
    with (
        stderr_capture.capture_stderr() as stream,
        logs.configure_logging(logs.create_stream_handler(True, stream)),
    ):
        _report(err.format_message(), "See --help", UsageError.exit_code, as_json=True)


def create_application() -> typer.Typer:
    """A typer application as all entry points use it."""
    return _Application(add_completion=False, pretty_exceptions_enable=False)


def say(line: str) -> None:
    """One line of the result, on stdout; a terminal that shows a run live is given back first."""
    for progress in _LIVE:
        progress.free()
    typer.echo(_writable(mask_secrets(line)))


def _writable(line: str) -> str:
    """The line as stdout can write it: names of files and arguments may hold what no text does."""
    encoding = sys.stdout.encoding or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)


def say_fact(head: str, text: str, width: int = 8) -> None:
    """`Head:    text`, on stdout; on a terminal folded between words, each line below the text."""
    line = f"{head + ':' if head else '':<{width}} {text}"
    if not sys.stdout.isatty():
        say(line)
        return
    most = max(shutil.get_terminal_size().columns, 40)
    for part in wrap(
        line, most, subsequent_indent=" " * 9, break_long_words=False, break_on_hyphens=False
    ):
        say(part)


def say_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table of the result, on stdout: numbers to four decimals, "-" for NaN, never cut off."""
    say(title)
    for line in align_table(columns, rows):
        say(line)


def say_leaderboard(columns: Sequence[str], rows: Sequence[Sequence[object]], metric: str) -> None:
    """A leaderboard, on stdout: whole, but on a terminal with those columns that fit its lines.

    Args:
        columns: its head, the ids first.
        metric: column of the metric that decides.
    """
    most = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    if most is None:
        say_table("Leaderboard", columns, rows)
        return
    widths = dict(zip(columns, measure_widths(columns, format_cells(rows)), strict=True))
    shown = choose_columns(widths, metric, most)
    places = [columns.index(name) for name in shown]
    title = f"Leaderboard ({len(shown)} of {len(columns)} columns; the report has all)"
    say("Leaderboard" if len(shown) == len(columns) else _cut(title, most))
    for line in align_table(shown, [[row[place] for place in places] for row in rows]):
        say(_cut(line, most))


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else f"{line[: most - 1]}…"


@contextmanager
def session(
    log_format: LogFormat = LogFormat.auto, metric: str | None = None
) -> Iterator[Progress]:
    """One command from its first stage to its exit code.

    Logging is set up, SIGTERM becomes an exception, and whatever leaves the block ends the
    process with one clear line: the class's own code for a PipelineError, 130 for Ctrl-C, 143 for
    SIGTERM, 1 and a traceback for anything else.

    Args:
        metric: ranks the live leaderboard; R2 or Accuracy when None.

    Yields:
        The watcher to hand to the stages.

    Raises:
        SystemExit: with the exit code, unless the block ended well.
    """
    as_json = log_format is LogFormat.json
    live = log_format is LogFormat.auto and sys.stderr.isatty()
    console = _console() if live else None
    interrupts = Interrupts()
    with ExitStack() as stack:
        stream = stack.enter_context(stderr_capture.capture_stderr()) if as_json else sys.stderr
        handler = (
            logs.create_rich_handler(console)
            if live
            else logs.create_stream_handler(as_json, stream)
        )
        stack.enter_context(interrupts.installed())
        stack.enter_context(logs.configure_logging(handler))
        stack.enter_context(_exit_codes(as_json, interrupts))
        if console is None:
            yield LoggedProgress(models=logging.INFO if as_json else logging.DEBUG)
        else:
            with LiveProgress(console, metric) as progress:
                _LIVE.append(progress)
                stack.callback(_LIVE.remove, progress)
                yield progress


@contextmanager
def _exit_codes(as_json: bool, interrupts: Interrupts) -> Iterator[None]:
    try:
        yield
    except PipelineError as err:
        _report(err.message, err.hint, err.exit_code, as_json)
        raise SystemExit(err.exit_code) from err
    except KeyboardInterrupt as err:
        # CatBoost turns any exception in its callbacks, SIGTERM's too, into this one
        signum = interrupts.delivered or signal.SIGINT
        word = "terminated" if signum == signal.SIGTERM else "interrupted"
        _report(word, "", 128 + signum, as_json)
        raise SystemExit(128 + signum) from err
    except Terminated as err:
        _report("terminated", "", int(err.code or 0), as_json)
        raise
    except (typer.Exit, typer.Abort, BrokenPipeError):  # typer's own ways to end a command
        raise
    except Exception as err:
        if (found := causes.translate_failure(err)) is not None:
            logger.debug("%s", found.message, exc_info=True)
            _report(found.message, found.hint, found.exit_code, as_json)
            raise SystemExit(found.exit_code) from err
        logger.critical("unexpected %s", type(err).__name__, exc_info=True)
        hint = "This is a bug: please report it with the traceback above"
        _report(f"unexpected {type(err).__name__}: {err}", hint, 1, as_json)
        raise SystemExit(1) from err


def _report(message: str, hint: str, exit_code: int, as_json: bool) -> None:
    if as_json:
        logger.error(message, extra={"event": {"hint": hint, "exit_code": exit_code}})
        return
    typer.echo(mask_secrets(f"error: {message}"), err=True)
    if hint:
        typer.echo(mask_secrets(f"hint: {hint}"), err=True)


def _console() -> Any:
    from rich.console import Console

    return Console(stderr=True)
