"""One line of JSON, written whole or not at all."""

from __future__ import annotations

import errno
import json
import math
import os
import random
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.retrain_config import RetrainOutcome
from pipeline.notify.summary import Stopwatch
from pipeline.system import atomic_file
from pipeline.system.json_line import json_line
from tests import commands
from tests.notify.summaries import HOSTILE, summary


def strict(line: str) -> Any:
    """Read JSON as the standard has it: Python's own reader would take NaN."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(line, parse_constant=refuse)


def test_all_that_is_known_stands_in_one_flat_object() -> None:
    whole = summary(
        *(RetrainOutcome.refused, 6),
        reason="MAE 2800 is worse than 2700",
        champion_before="3",
        metric="MAE",
        champion_metric=2700.0,
        challenger_metric=2800.0,
        drifted=("age", "bmi"),
    )
    read = strict(whole.to_json())
    assert read["outcome"] == "refused"
    assert read["drifted"] == ["age", "bmi"]
    assert (read["started"], read["ended"], read["seconds"]) == tuple(vars(whole.times).values())
    assert read["pid"] == os.getpid()
    assert read["run_id"] is None
    assert read["text"] == (
        "Retraining of insurance: refused (exit code 6): MAE 2800 is worse than 2700"
    )
    assert not any(isinstance(value, dict) for value in read.values())


def test_a_run_that_ends_before_its_model_has_a_name_says_so_without_one() -> None:
    text = summary(RetrainOutcome.failed, 3, model="", reason="no such file").text
    assert text == "Retraining: failed (exit code 3): no such file"


@given(text=HOSTILE, number=st.floats() | st.floats(width=32).map(np.float32))
def test_whatever_it_holds_it_is_one_line_of_strict_json(text: str, number: Any) -> None:
    line = summary(
        *(RetrainOutcome.failed, 1),
        model=text,
        reason=text,
        drifted=(text,),
        champion_metric=number,
    ).to_json()
    assert line.isascii()
    assert len(line.splitlines()) == 1
    read = strict(line)
    shown = text.encode("utf-8", "backslashreplace").decode()
    assert (read["model"], read["drifted"]) == (shown, [shown])
    assert read["champion_metric"] == (float(number) if math.isfinite(number) else None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | HOSTILE | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(HOSTILE | st.integers(), inner),
        max_leaves=20,
    )
)
def test_every_value_has_a_form_in_json(value: Any) -> None:
    assert "value" in strict(json_line({"value": value}))


def test_seconds_pass_though_the_clock_is_moved_back() -> None:
    tomorrow = Stopwatch(moment=datetime.now(UTC) + timedelta(days=1))
    time.sleep(0.02)
    times = tomorrow.times()
    assert times.ended < times.started
    assert 0.02 <= times.seconds < 3600
    assert datetime.fromisoformat(times.ended).utcoffset() == timedelta(0)


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    for outcome in (RetrainOutcome.failed, RetrainOutcome.promoted):
        summary(outcome).write(file)
        assert strict(file.read_text())["outcome"] == outcome
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_others_may_read_what_the_umask_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        atomic_file.write_text(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    atomic_file.write_text(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("failing", ["os.fsync", "os.open", "pathlib.Path.replace"])
def test_on_a_full_disk_the_earlier_file_stays_and_nothing_else(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "summary.json"
    atomic_file.write_text(file, "earlier")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(failing, full)
    with pytest.raises(OSError, match="No space"):
        summary().write(file)
    monkeypatch.undo()
    assert file.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [file]


def test_kill_9_while_it_is_written_never_leaves_half_a_file(tmp_path: Path) -> None:
    file = tmp_path / "big.prom"
    code = """
        import sys
        from pathlib import Path
        from pipeline.system import atomic_file as atomic
        while True:
            for letter in "ab":
                atomic.write_text(Path(sys.argv[1]), letter * 3_000_000)
                print(flush=True)
    """
    for _ in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), str(file)],
            stdout=subprocess.PIPE,
            env=commands.environment(),
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(random.uniform(0.0, 0.05))
            process.kill()
        text = file.read_text()
        assert len(text) == 3_000_000
        assert len(set(text)) == 1
    assert [path for path in tmp_path.iterdir() if path.suffix == ".prom"] == [file]
