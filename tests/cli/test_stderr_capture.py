"""With a JSON log every line on stderr is JSON, whoever writes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import app as cli
from pipeline.cli import stderr_capture
from tests import commands

SESSION = """
import logging, os, sys, time
from pipeline.cli import app as cli
log = logging.getLogger("pipeline.x")
"""


def ended(code: str, folder: Path) -> tuple[int, str, list[dict[str, Any]]]:
    """Run the body of a session with a JSON log: exit code, stdout, and every line of stderr."""
    body = textwrap.indent(textwrap.dedent(code), "    ")
    whole = f"{SESSION}with cli.session(cli.LogFormat.json) as progress:\n{body}"
    done = commands.python("-c", whole, folder=folder)
    return done.returncode, done.stdout, [json.loads(line) for line in done.stderr.splitlines()]


def messages(events: list[dict[str, Any]]) -> list[str]:
    return [event["message"] for event in events]


FOREIGN = {
    "a C library": "os.write(2, b'[Warning] something\\n')",
    "print": "print('something', file=sys.stderr)",
    "a line without its end": "sys.stderr.write('something')",
    "bytes that are no text": "os.write(2, b'something \\xff\\xfe\\x00\\n')",
    "a progress bar": "sys.stderr.write('\\rsomething 1\\rsomething 2\\n')",
    "a process": "os.system('echo something >&2')",
    "a forked process": "os.fork() or (os.write(2, b'something\\n'), os._exit(0)); os.wait()",
    "a logger of its own": (
        "other = logging.getLogger('other'); other.propagate = False\n"
        "other.addHandler(logging.StreamHandler()); other.warning('something')"
    ),
    "a thread that fails": (
        "import threading\n"
        "t = threading.Thread(target=lambda: {}['something']); t.start(); t.join()"
    ),
    "an object that fails to die": (
        "class Bad:\n    def __del__(self): raise ValueError('something')\nBad()"
    ),
    "a record that cannot be shown": "log.warning('something %d', 'x')",
    "a lone surrogate": "print('something', '\\udcff', file=sys.stderr)",
}


@pytest.mark.parametrize("code", FOREIGN.values(), ids=FOREIGN)
def test_what_others_write_is_json_too(code: str, tmp_path: Path) -> None:
    exit_code, out, events = ended(f"{code}\nlog.info('the end')", tmp_path)
    assert (exit_code, out) == (0, "")
    assert any("something" in message for message in messages(events))
    assert "the end" in messages(events)
    assert {event["logger"] for event in events} <= {"stderr", "pipeline.x"}
    assert all(event["time"] and event["level"] in {"info", "warning"} for event in events)


def test_records_with_odd_content_are_json(tmp_path: Path) -> None:
    code = """
        log.info("line\\nbreak \\udcff \\u2028", extra={"event": {"a": float("nan"), 5: {1, 2}}})
        raise ValueError("\\udcff")
    """
    exit_code, _, events = ended(code, tmp_path)
    assert exit_code == 1
    assert (events[0]["message"], events[0]["a"]) == ("line\nbreak \\udcff \u2028", None)
    assert [event["level"] for event in events] == ["info", "critical", "error"]
    assert "ValueError" in events[1]["traceback"]
    assert events[2]["exit_code"] == 1


@pytest.mark.parametrize(
    ("death", "code"),
    [("os.abort()", -signal.SIGABRT), ("os.kill(os.getpid(), 11)", -signal.SIGSEGV)],
)
def test_the_last_words_of_a_crash_arrive(death: str, code: int, tmp_path: Path) -> None:
    code_, _, events = ended(
        f"import faulthandler\nfaulthandler.enable()\nos.write(2, b'corrupted heap')\n{death}",
        tmp_path,
    )
    assert code_ == code
    assert messages(events)[0].startswith("corrupted heap")
    assert any("most recent call first" in message for message in messages(events))


def test_they_arrive_at_once_and_end_with_a_process_that_is_killed(tmp_path: Path) -> None:
    body = "    os.write(2, b'now\\n')\n    time.sleep(60)"
    whole = f"{SESSION}with cli.session(cli.LogFormat.json):\n{body}"
    with subprocess.Popen(
        [sys.executable, "-c", whole], stderr=subprocess.PIPE, env=commands.environment()
    ) as process:
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["message"] == "now"
        process.kill()
        assert process.stderr.read() == b""  # and nobody keeps it open


def test_a_daemon_that_keeps_stderr_open_is_not_waited_for(tmp_path: Path) -> None:
    body = "    import subprocess\n    print(subprocess.Popen(['sleep', '300'], stdout=-3).pid)"
    whole = f"{SESSION}with cli.session(cli.LogFormat.json):\n{body}"
    with (tmp_path / "err").open("w") as err:
        done = subprocess.run(
            [sys.executable, "-c", whole],
            stdout=subprocess.PIPE,
            stderr=err,
            env=commands.environment(),
            check=True,
            timeout=120,
        )
    os.kill(int(done.stdout), signal.SIGKILL)


def test_sigterm_to_the_whole_group_still_says_what_ended_it(tmp_path: Path) -> None:
    code = """
        import signal
        os.setsid()
        os.killpg(0, signal.SIGTERM)
        time.sleep(30)
    """
    exit_code, _, events = ended(code, tmp_path)
    assert exit_code == 143
    assert messages(events) == ["terminated"]


@pytest.mark.parametrize("option", [["--log-format", "json"], ["--log-format=json"]])
@pytest.mark.parametrize("wrong", [["--wrong"], ["--fold", "1"], ["extra"], ["--task", "x"]])
def test_wrong_usage_is_one_line_of_json(
    option: list[str], wrong: list[str], tmp_path: Path
) -> None:
    done = commands.python("-m", "pipeline.train", *option, *wrong, folder=tmp_path)
    (line,) = done.stderr.splitlines()
    event = json.loads(line)
    assert (done.returncode, done.stdout) == (2, "")
    assert (event["level"], event["exit_code"], event["hint"]) == ("error", 2, "See --help")


def test_help_stays_help(tmp_path: Path) -> None:
    done = commands.python(
        "-m", "pipeline.train", "--log-format", "json", "--help", folder=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "--dataset" in done.stdout


def test_where_stderr_is_no_descriptor_nothing_changes(capsys: pytest.CaptureFixture[str]) -> None:
    with stderr_capture.capture_stderr() as stream:
        assert stream is sys.stderr
    with cli.session(cli.LogFormat.json) as progress:
        progress.stage("dataset")
    assert json.loads(capsys.readouterr().err)["stage"] == "dataset"
