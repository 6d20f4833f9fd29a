"""A run's folder with a damaged table, facts or settings: refused by the file's name."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.compare import __main__ as compare
from pipeline.compare import compare_runs
from pipeline.compare.runs import open_run_of_comparison, require_comparable
from pipeline.errors import PipelineError
from pipeline.report import __main__ as report
from pipeline.report import chapters, dependence, distributions, holdout, importance, segments
from pipeline.report.page import build_report
from pipeline.track.training_result import Converted
from tests import tracked

TABLES = [
    f"tables/{name}"
    for name in (
        *("audit.json", "leaderboard.json", "parity.json", "parity_summary.json"),
        *("worst_rows.json", segments.FILE, distributions.FILE, importance.FILE, dependence.FILE),
    )
]
FACTS, SETTINGS = "config/report.json", "config/train.toml"
HOLDOUT = f"tables/{holdout.FILE}"
OTHER = {
    "half": None,
    "list": b"[5]",
    "number": b"5",
    "long": b"9" * 5_000,
    "deep": b"[" * 5_000,
    "surrogate": b'{"columns": ["\\ud800"], "data": []}',
    "latin-1": b'{"a": "\xff"}',
    "empty": b"",
    "folder": None,
}
READ = [f"tables/{m.FILE}" for m in (segments, distributions, importance, dependence)]
VALUES: list[Any] = [
    None,
    5,
    -1,
    1e308,
    True,
    "",
    "x",
    "\0",
    [],
    {},
    [5],
    "9" * 50,
    10**30,
    float("nan"),
]


@pytest.fixture
def folder(insurance: Converted, kept: Callable[[Converted], Path], tmp_path: Path) -> Path:
    """The artifact folder of a training, to be damaged."""
    return Path(shutil.copytree(kept(insurance), tmp_path / "run"))


def damaged(file: Path, how: str) -> None:
    content = file.read_bytes()
    if how == "folder":
        file.unlink()
        file.mkdir()
    else:
        file.write_bytes(content[: len(content) // 2] if how == "half" else OTHER[how] or b"")


def refused(act: Callable[[], Any], name: str, code: int = 3) -> None:
    with pytest.raises(PipelineError) as caught:
        act()
    assert caught.value.exit_code == code
    assert name in caught.value.message
    assert caught.value.hint
    assert len(caught.value.message) < 1_000


@pytest.mark.parametrize("how", OTHER)
def test_every_damaged_file_is_refused_by_its_name(folder: Path, how: str) -> None:
    for name in (*TABLES, HOLDOUT, FACTS):
        whole = (folder / name).read_bytes()
        damaged(folder / name, how)
        code = 2 if (name, how) == (FACTS, "folder") else 3  # no training's folder at all
        refused(lambda: build_report(folder), name, code)
        refused(lambda: open_run_of_comparison("A", str(folder), Path()), name, code)
        if how == "folder":
            (folder / name).rmdir()
        (folder / name).write_bytes(whole)


@pytest.mark.parametrize("how", ["number", "long", "deep", "surrogate", "latin-1", "folder"])
def test_damaged_settings_are_refused_by_their_name(folder: Path, how: str) -> None:
    damaged(folder / SETTINGS, how)
    refused(lambda: open_run_of_comparison("A", str(folder), Path()), SETTINGS)


@pytest.mark.parametrize("name", READ)
def test_a_table_with_other_columns_or_values_is_refused(folder: Path, name: str) -> None:
    file = folder / name
    content = json.loads(file.read_text("utf-8"))
    columns, data = content["columns"], content["data"]
    others = [
        {},
        {"columns": ["a"], "data": [[1]]},
        {"columns": columns[1:], "data": [row[1:] for row in data]},
        {"columns": columns[::-1], "data": data},
        {"columns": [*columns[:-1], columns[0]], "data": data},
        {"columns": columns, "data": [*data, data[0][1:]]},
        {"columns": columns, "data": [*data, "x" * len(columns)]},
        {"columns": columns, "data": [*data, [[]] * len(columns)]},
    ]
    for other in others:
        file.write_text(json.dumps(other))
        refused(lambda: build_report(folder), name)
        refused(lambda: open_run_of_comparison("A", str(folder), Path()), name)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("target", 5), ("labels", "x"), ("model", {}), ("data", None), ("versions", [])),
        *(("figures", {"rows": 5}), ("figures", [5]), ("parity", 5), ("manifest", [])),
        *(("task", "x"), ("labels", ["a", "b"]), ("tiles", 5), ("leaderboard", None), ("steps", 5)),
    ],
)
def test_facts_of_another_kind_are_refused(folder: Path, key: str, value: Any) -> None:
    facts = json.loads((folder / FACTS).read_text("utf-8"))
    (folder / FACTS).write_text(json.dumps(facts | {key: value}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chapters, "draw_chapters", lambda *_: ())
        refused(lambda: build_report(folder), FACTS)


@pytest.mark.parametrize("lost", ["target", "prediction_label", "age", "text", "file"])
def test_a_holdout_without_what_is_drawn_of_it_is_refused(folder: Path, lost: str) -> None:
    table = pd.read_parquet(folder / HOLDOUT)
    target = json.loads((folder / FACTS).read_text("utf-8"))["target"]
    if lost == "file":
        (folder / HOLDOUT).unlink()
    elif lost == "text":
        table.assign(age="x").to_parquet(folder / HOLDOUT)
    else:
        table.drop(columns=target if lost == "target" else lost).to_parquet(folder / HOLDOUT)
    refused(lambda: build_report(folder), HOLDOUT)
    if lost != "file":
        refused(lambda: open_run_of_comparison("A", str(folder), Path()), HOLDOUT)


def test_a_graph_that_is_gone_is_missed(folder: Path) -> None:
    (folder / "onnx" / "model.onnx").unlink()
    refused(lambda: build_report(folder), "onnx/model.onnx")


@pytest.mark.long
def test_commands_end_with_the_code_of_data(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a folder and of a run that keeps it, where report and comparison fetch it."""
    damaged(folder / "tables" / "audit.json", "half")
    client = tracked.enter(tmp_path, monkeypatch)
    run = client.create_run(client.create_experiment("small")).info
    client.log_artifacts(run.run_id, str(folder))
    for app, arguments in (
        (compare.app, [str(folder), str(folder)]),
        (compare.app, [run.run_id, str(folder)]),
        (report.app, ["--output", str(folder)]),
        (report.app, [run.run_id]),
    ):
        caplog.clear()
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 3
        assert "audit.json" in done.output + caplog.text


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_a_folder_with_another_value_anywhere_is_read_or_refused(folder: Path, seed: int) -> None:
    """100 values of tables and facts exchanged, taken out or put in, one at a time, per seed."""
    pick = random.Random(seed)
    other = Path(shutil.copytree(folder, folder.with_name("other")))
    a = open_run_of_comparison("A", str(other), Path())
    for _ in range(100):
        file = folder / pick.choice([*TABLES, FACTS])
        whole = file.read_bytes()
        file.write_text(json.dumps(changed(json.loads(whole), pick)))
        for act in (lambda: build_plain(folder), lambda: compared(a, folder)):
            try:
                act()
            except PipelineError as err:
                assert err.exit_code in (2, 3)
        file.write_bytes(whole)


def compared(a: Any, folder: Path) -> None:
    b = open_run_of_comparison("B", str(folder), Path())
    require_comparable(a, b)
    compare_runs(a, b, None)


def build_plain(folder: Path) -> None:
    """Everything but the pictures' pixels, which take a second each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chapters, "draw_chapters", lambda *given: list(DRAWINGS(*given)) and ())
        build_report(folder)


DRAWINGS: Any = chapters.draw_chapters


def changed(content: Any, pick: random.Random) -> Any:
    """The same with one value that is another, gone or new."""
    at, key = pick.choice([*slots(content)])
    how = pick.random()
    if how < 0.7:
        at[key] = pick.choice(VALUES)
    elif how < 0.85 or isinstance(at, dict):
        del at[key]
    else:
        at.insert(key, pick.choice(VALUES))
    return content


def slots(content: Any) -> Any:
    for key in content if isinstance(content, dict) else range(len(content)):
        yield content, key
        if isinstance(content[key], dict | list):
            yield from slots(content[key])
