"""The bundle for Node.js: its feeds, its checks, and what its README says, run as it is written."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.bundle.model_files import read_source
from pipeline.bundle.row_warnings import add_warnings
from pipeline.bundle.write import write_bundle
from pipeline.errors import DataError
from pipeline.export.feed_contract import describe_feed
from pipeline.manifest.columns import Cells, Input
from pipeline.runtime import integrity
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.commands import needed, whole_run

LABELS: list[Any] = [("no", "yes"), (0, 1, 2)]
CASES = """
import { readFileSync } from "node:fs";
import { FeedBuilder } from "./feeds.mjs";
const read = (name) => JSON.parse(readFileSync(name, "utf8"));
const [feed, found] = [read("manifest.json").feed, []];
for (const { input, grammars, cases } of read("feed_cases.json").columns) {
  const own = { ...feed, grammars: { [input.name]: grammars } };
  const builder = new FeedBuilder({ feed: own, inputs: [input] });
  for (const [cell] of cases) {
    try {
      const [value] = builder.column(builder.inputs[0], [cell]);
      found.push(typeof value === "bigint" ? String(value) : Number.isNaN(value) ? null : value);
    } catch (error) {
      found.push(error.name);
    }
  }
}
console.log(JSON.stringify(found));
"""


def node(folder: Path, *arguments: str, code: int = 0, stdin: str | None = None) -> str:
    """What a command of Node.js prints."""
    program = needed(shutil.which("node"), "node")
    done = subprocess.run(
        [program, *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def bundle(folder: Path, model: Path) -> Path:
    write_bundle(read_source(model), "node", folder)
    return folder


def test_every_case_is_built_as_here(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "node", proven.regression(tmp_path / "onnx"))
    (folder / "cases.mjs").write_text(CASES, encoding="utf-8")
    found = iter(json.loads(node(folder, "cases.mjs")))
    for entry in json.loads((folder / "feed_cases.json").read_text())["columns"]:
        for cell, value in entry["cases"]:
            expected = "CellError" if isinstance(value, dict) else value
            assert next(found) == expected, (entry["input"]["name"], cell)


@pytest.mark.parametrize("name", ["model.onnx", "manifest.json", "golden.json", "feeds.mjs"])
@pytest.mark.parametrize("change", ["changed", "unlisted"])
def test_a_file_that_was_changed_is_refused(tmp_path: Path, name: str, change: str) -> None:
    folder = bundle(tmp_path / "node", proven.regression(tmp_path / "onnx"))
    code = "import { checked } from './scorer.mjs'; checked('.'); console.log('fine');"
    assert node(folder, "--input-type=module", "-e", code) == "fine\n"
    if change == "changed":
        (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
    else:
        sums = (folder / "SHA256SUMS").read_text()
        (folder / "SHA256SUMS").write_text(re.sub(rf".*  {re.escape(name)}\n", "", sums))
    assert name in node(folder, "--input-type=module", "-e", code, code=1)


def test_dates_that_javascript_cannot_read_are_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    model = proven.regression(tmp_path / "onnx")
    source = read_source(model)
    worded = Input("joined", "date", Cells(dates="%d %B %Y"))
    inputs = tuple(worded if each.kind == "date" else each for each in source.manifest.inputs)
    manifest = replace(source.manifest, inputs=inputs, feed=describe_feed(inputs))
    with pytest.raises(DataError, match="'joined': dates are written as %d %B %Y"):
        write_bundle(replace(source, manifest=manifest), "node", tmp_path / "node")
    assert [path.name for path in tmp_path.iterdir()] == ["onnx"]
    write_bundle(replace(source, manifest=manifest), "python", tmp_path / "python")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose packages are installed as its README says."""
    base = tmp_path_factory.mktemp("installed")
    folder = bundle(base / "node", proven.regression(base / "onnx"))
    needed(shutil.which("npm"), "npm")
    (install,) = (line for line in readme(folder, "sh").splitlines() if "install" in line)
    subprocess.run(["bash", "-ec", install], cwd=folder, check=True, capture_output=True)
    return folder / "node_modules"


def readme(folder: Path, language: str) -> str:
    (block,) = re.findall(
        rf"```{language}\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL
    )
    return str(block)


@pytest.fixture
def models(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Models of every kind of answer, one of them trained."""
    return iter(
        (
            proven.regression(tmp_path / "regression"),
            *(proven.classification(tmp_path / str(k), names) for k, names in enumerate(LABELS)),
            whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx",
        )
    )


@pytest.mark.long
def test_the_readme_is_right_word_for_word(
    models: Iterator[Path], packages: Path, tmp_path: Path
) -> None:
    for number, model in enumerate(models):
        folder = bundle(tmp_path / f"node{number}", model)
        (folder / "node_modules").symlink_to(packages)
        verified = json.loads(node(folder, "verify.mjs"))
        assert verified["cells"]["wrong"] == []
        assert verified["rows"]["flips"] == 0
        code = readme(folder, "js").replace(
            "console.log(answer)", "console.log(JSON.stringify(answer))"
        )
        (folder / "example.mjs").write_text(code, encoding="utf-8")
        answer = json.loads(node(folder, "example.mjs"))
        golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
        place = golden["kinds"].index("table")
        row = {name: values[place] for name, values in golden["inputs"].items()}
        expected = Scorer(model).predict_one(row)
        if "scores" not in answer:
            np.testing.assert_allclose(answer["label"], expected["prediction_label"], rtol=1e-12)
            continue
        assert answer["label"] == expected["prediction_label"]
        np.testing.assert_allclose(
            [*answer["scores"].values()], expected["prediction_score"], rtol=0, atol=1e-12
        )


@pytest.mark.long
def test_a_graph_that_warns_is_proven_there_too(tmp_path: Path, packages: Path) -> None:
    source = add_warnings(read_source(proven.regression(tmp_path / "onnx")))
    golden = json.loads(source.golden)
    golden["warnings"]["warning_unseen"][3][0] ^= 2
    wrong = replace(source, golden=json.dumps(golden))
    for place, each, code in (("right", source, 0), ("wrong", wrong, 5)):
        write_bundle(each, "node", tmp_path / place)
        (tmp_path / place / "node_modules").symlink_to(packages)
        found = node(tmp_path / place, "verify.mjs", code=code)
        assert json.loads(found)["rows"]["warnings"] == (0 if code == 0 else 2)
    rows = [{name: values[k] for name, values in proven.ROWS.items()} for k in range(6)]
    script = f"""import {{ Scorer }} from "./scorer.mjs";
    const answers = await (await Scorer.open()).predict({json.dumps(rows)});
    console.log(JSON.stringify(answers.map((answer) => answer.warnings)));"""
    (tmp_path / "right" / "warn.mjs").write_text(script, encoding="utf-8")
    assert json.loads(node(tmp_path / "right", "warn.mjs")) == Scorer(source.model).warn(
        proven.ROWS
    )
    declared = (tmp_path / "right" / "scorer.d.mts").read_text(encoding="utf-8")
    assert 'warnings: Partial<Record<"missing"' in declared


@pytest.mark.long
@pytest.mark.parametrize("answers", ["expected", "graph"])
def test_another_answer_ends_with_5(tmp_path: Path, packages: Path, answers: str) -> None:
    model = proven.regression(tmp_path / "onnx")
    golden = json.loads((tmp_path / "onnx" / "golden.json").read_text())
    wrong = golden["expected"] if answers == "expected" else golden["graph"]["expected"]
    wrong["prediction_label"][2] *= 1 + 1e-8
    (tmp_path / "onnx" / "golden.json").write_text(json.dumps(golden))
    integrity.write_checksums(tmp_path / "onnx")
    folder = bundle(tmp_path / "node", model)
    (folder / "node_modules").symlink_to(packages)
    node(folder, "verify.mjs", code=5)
