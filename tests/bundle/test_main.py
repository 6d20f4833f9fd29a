"""The command that bundles a model for another runtime, and how it ends."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.bundle import __main__ as bundle
from pipeline.bundle.write import TARGETS
from pipeline.export.feed_contract import describe_feed
from pipeline.manifest.columns import Cells, Input, Known
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven


def invoke(model: Path, target: str, output: Path, *flags: str) -> Result:
    arguments = ["--model", str(model), "--for", target, "--output", str(output), *flags]
    return CliRunner().invoke(bundle.app, arguments)


@pytest.mark.parametrize("target", TARGETS)
def test_the_folder_is_written_and_named(tmp_path: Path, target: str) -> None:
    model = proven.regression(tmp_path / "onnx")
    done = invoke(model, target, tmp_path / "out")
    assert done.exit_code == 0, done.output
    first, second = done.stdout.splitlines()
    assert first == f"small (Linear Regression) for {target}"
    assert second == str(tmp_path / "out")
    assert (tmp_path / "out" / "model.onnx").read_bytes() == model.read_bytes()
    golden = json.loads((tmp_path / "out" / "golden.json").read_text(encoding="utf-8"))
    assert golden == json.loads(model.with_name("golden.json").read_text(encoding="utf-8"))


def test_every_target_in_a_folder_of_its_name_and_one_that_cannot_hides_no_other(
    tmp_path: Path,
) -> None:
    model = proven.regression(tmp_path / "onnx")
    done = invoke(model, "all", tmp_path / "all")
    assert done.exit_code == 0, done.output
    first, *folders = done.stdout.splitlines()
    assert first == f"small (Linear Regression) for {len(TARGETS)} of {len(TARGETS)} runtimes"
    assert folders == [str(tmp_path / "all" / name) for name in TARGETS]
    assert {path.name for path in (tmp_path / "all").iterdir()} == {*TARGETS}
    assert invoke(model, "all", tmp_path / "all").exit_code == 3
    worded = replace(Scorer(model).manifest.inputs[-1], cells=Cells(dates="%d %B %Y"))
    inputs = (*Scorer(model).manifest.inputs[:-1], worded)
    model = proven.regression(tmp_path / "worded", inputs=inputs, feed=describe_feed(inputs))
    done = invoke(model, "all", tmp_path / "some")
    assert done.exit_code == 0, done.output
    assert f"node cannot have it: column {worded.name!r}" in done.stdout
    assert (tmp_path / "some" / "python" / "verify.py").exists()
    assert not (tmp_path / "some" / "node").exists()


def test_a_graph_can_be_made_to_warn(tmp_path: Path) -> None:
    model = proven.regression(tmp_path / "onnx")
    done = invoke(model, "python", tmp_path / "out", "--warnings")
    assert done.exit_code == 0, done.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    scorer = Scorer(tmp_path / "out" / "model.onnx")
    assert [each["name"] for each in manifest["warnings"]] == [
        each.name for each in scorer.manifest.warnings
    ]
    (row,) = scorer.warn({name: values[3:4] for name, values in proven.ROWS.items()})
    assert row == {"unseen": ["smoker"], "range": ["body mass [kg]", "joined"]}


def test_each_refusal_has_its_exit_code_and_writes_nothing(tmp_path: Path) -> None:
    failing = proven.regression(tmp_path / "failing", verdict="fail")
    good = proven.regression(tmp_path / "good")
    named = proven.regression(tmp_path / "named", inputs=with_many_names(good))
    cases = [
        (invoke(failing, "python", tmp_path / "a"), 6, "a"),
        (invoke(good, "cobol", tmp_path / "b"), 2, "b"),
        (invoke(named, "python", tmp_path / "d"), 2, "d"),
        (invoke(tmp_path / "none.onnx", "python", tmp_path / "c"), 3, "c"),
    ]
    for done, code, folder in cases:
        assert done.exit_code == code, done.output
        assert not (tmp_path / folder).exists()
    assert invoke(good, "python", tmp_path / "good").exit_code == 3
    said = invoke(named, "python", tmp_path / "d", "--with-personal-data")
    assert said.exit_code == 0, said.output


def with_many_names(file: Path) -> tuple[Input, ...]:
    """The inputs of a model whose text column was taken word by word."""
    return tuple(
        replace(each, known=Known()) if each.kind == "text" else each
        for each in Scorer(file).manifest.inputs
    )
