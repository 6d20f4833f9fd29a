"""The command: from addresses of two runs to a page, its JSON twin, and an exit code."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline.compare.__main__ import app
from pipeline.drift.psi import count_bins
from pipeline.drift.statistics import population_stability_index
from tests import tracked
from tests.compare.conftest import REMOVED, Pair
from tests.report.conftest import HOSTILE_COLUMNS, HOSTILE_LABELS, HOSTILE_TARGET
from tests.report.page import Page, decoded


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def compared(pair: Pair, folder: Path) -> tuple[Page, dict[str, object]]:
    done = command(pair.a.folder, pair.b.folder, "--output", folder)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == str(folder / "compare.html")
    content = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    return Page((folder / "compare.html").read_text(encoding="utf-8")), content


@pytest.mark.parametrize("name", ["numbers", pytest.param("classes", marks=pytest.mark.long)])
def test_the_page_is_whole_and_asks_for_nothing_from_outside(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    page, content = compared(request.getfixturevalue(name), tmp_path / "out")
    assert not any(tag in ("script", "link", "iframe", "object") for tag, _ in page.tags)
    places = {f"#{place}" for place in page.attributes("id")}
    assert set(page.attributes("href")) == places
    assert {place[1:] for place in places} < set(content)
    pictures = [decoded(address) for address in page.attributes("src", "srcset")]
    assert len(pictures) == 4  # two, light and dark
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    for section in places:
        for sentence in content[section[1:]]["said"]:  # type: ignore[index]
            assert " ".join(sentence.split()) in page.said


def test_hostile_names_are_shown_and_not_obeyed(classes: Pair, tmp_path: Path) -> None:
    page, _ = compared(classes, tmp_path / "out")
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "i"})
    for name in (*HOSTILE_COLUMNS, *HOSTILE_LABELS, HOSTILE_TARGET):
        assert " ".join(name.split()) in page.said
    assert "49" not in page.blocks("td")


def test_metrics_are_those_of_the_trainings(numbers: Pair) -> None:
    found = {m["name"]: m for m in numbers.compared()["metrics"].values["metrics"]}
    older, newer = (
        next(c for c in e.trained.candidates if c.id == e.trained.model_id)
        for e in (numbers.a, numbers.b)
    )
    assert set(found) == {*newer.metrics}
    for name, row in found.items():
        change = newer.metrics[name] - older.metrics[name]
        is_better = (change > 0) == (name == "R2")
        assert row["mean"]["difference"] == pytest.approx(change)
        assert row["mean"]["verdict"] == ("better" if is_better else "worse")
        assert row["spread"]["a"] == pytest.approx(older.spread[name])
        held = [e.trained.holdout[name] for e in (numbers.a, numbers.b)]
        assert row["holdout"]["difference"] == pytest.approx(held[1] - held[0])
    assert next(iter(found)) == "R2"


def test_columns_and_settings_that_changed_are_named(numbers: Pair) -> None:
    found = numbers.compared()
    changes = {c["name"]: c["change"] for c in found["data"].values["columns"]}
    assert {name for name, change in changes.items() if change} == {REMOVED}
    assert changes[REMOVED] == "added"
    told = {row["name"]: (row["a"], row["b"]) for row in found["settings"].values["settings"]}
    assert told["seed"] == (2, 1)
    assert told["include"] == (["lr"], ["lr", "dt"])
    assert "fold" not in told


def test_missing_values_and_kinds_are_those_of_the_whole_tables(classes: Pair) -> None:
    frame = classes.a.dataset.frame
    for column in classes.compared()["data"].values["columns"]:
        assert column["missing"]["a"] == frame[column["name"]].isna().sum()
        assert column["kind"]["a"] == column["kind"]["b"]


def test_shifts_are_those_of_the_holdouts(numbers: Pair) -> None:
    holdouts = [
        pd.read_parquet(e.folder / "tables" / "holdout.parquet") for e in (numbers.a, numbers.b)
    ]
    found = {row["name"]: row for row in numbers.compared()["data"].values["shifts"]}
    assert set(found) == {*numbers.a.dataset.features, "charges"}
    for name, row in found.items():
        expected = population_stability_index(*count_bins(holdouts[0][name], holdouts[1][name]))
        assert math.isclose(row["psi"], expected)
    assert found["age"]["shift"] == "large"  # A knew nobody below 31
    assert found["sex"]["shift"] == "none"


def test_importance_is_that_of_the_tables(numbers: Pair) -> None:
    tables = [
        pd.DataFrame(content["data"], columns=content["columns"]).set_index("column")
        for e in (numbers.a, numbers.b)
        for content in [json.loads((e.folder / "tables" / "importance.json").read_bytes())]
    ]
    rows = {row["name"]: row for row in numbers.compared()["importance"].values["columns"]}
    for name in tables[0].index:
        older, newer = (table.loc[name, "importance"] for table in tables)
        assert rows[name]["difference"] == pytest.approx(newer - older)
    assert rows[REMOVED]["a"] is None


def test_runs_and_registered_versions_are_found_in_mlflow(
    numbers: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    experiment = client.create_experiment("insurance")
    ids = []
    for evidence in (numbers.a, numbers.b):
        run = client.create_run(experiment)
        client.log_artifacts(run.info.run_id, str(evidence.folder))
        ids.append(run.info.run_id)
    client.create_registered_model("insurance")
    version = client.create_model_version("insurance", run.info.artifact_uri, run_id=ids[1])
    client.set_registered_model_alias("insurance", "champion", version.version)
    for address in ("models:/insurance@champion", f"models:/insurance/{version.version}"):
        done = command(ids[0], address)
        assert done.exit_code == 0, done.output
        folder = Path(f"compare-{ids[0][:7]}-{ids[1][:7]}")
        found = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
        assert found["runs"]["b"] == {"run": ids[1], "given": address}
        assert found["predictions"]["changed"]
        shutil.rmtree(folder)
    for address in ("models:/insurance@nobody", "models:/other/1", "models:/insurance", "f" * 32):
        done = command(ids[0], address)
        assert (done.exit_code, address in done.stderr) == (2, True), done.output


def test_a_store_that_does_not_answer_is_said_so(
    numbers: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{tracked.free_port()}")
    for address in ("models:/insurance@champion", "f" * 32):
        done = command(numbers.a.folder, address, "--output", tmp_path / "out")
        assert done.exit_code == 7, done.output
    assert not (tmp_path / "out").exists()


def test_runs_that_predict_different_things_are_refused(
    numbers: Pair, classes: Pair, tmp_path: Path
) -> None:
    done = command(numbers.a.folder, classes.a.folder, "--output", tmp_path / "out")
    assert done.exit_code == 2
    assert "'regression'" in done.stderr
    assert "'classification'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_is_no_run_is_refused(numbers: Pair, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "nowhere"):
        done = command(numbers.a.folder, place)
        assert (done.exit_code, str(place) in done.stderr) == (2, True), done.output


def test_an_output_that_cannot_be_written_is_said_so(numbers: Pair, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = command(numbers.a.folder, numbers.b.folder, "--output", tmp_path / "file")
    assert (done.exit_code, "cannot write" in done.stderr) == (3, True)
