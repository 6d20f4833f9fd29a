"""The bundle for Node.js: its feeds, its checks, and its warnings."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.bundle.model_files import read_source
from pipeline.bundle.row_warnings import add_warnings
from pipeline.bundle.write import write_bundle
from pipeline.errors import DataError
from pipeline.export.feed_contract import describe_feed
from pipeline.manifest.columns import Cells, Input
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.bundle.languages import NODE, change
from tests.commands import needed

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


@pytest.mark.parametrize("name", NODE.sealed)
@pytest.mark.parametrize("how", ["changed", "gone", "unlisted"])
def test_a_file_that_was_changed_is_refused_before_any_package_is_needed(
    tmp_path: Path, name: str, how: str
) -> None:
    folder = bundle(tmp_path / "node", proven.regression(tmp_path / "onnx"))
    code = "import { checked } from './scorer.mjs'; checked('.'); console.log('fine');"
    assert node(folder, "--input-type=module", "-e", code) == "fine\n"
    change(folder, name, how)
    is_code_gone = how == "gone" and name.endswith(".mjs")  # nothing is left to say so
    assert name in node(folder, "verify.mjs", code=1 if is_code_gone else 3)


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


@pytest.mark.long
def test_a_graph_that_warns_is_proven_there_too(tmp_path: Path) -> None:
    source = add_warnings(read_source(proven.regression(tmp_path / "onnx")))
    golden = json.loads(source.golden)
    golden["warnings"]["warning_unseen"][3][0] ^= 2
    wrong = replace(source, golden=json.dumps(golden))
    NODE.build(tmp_path / "right", source)
    assert NODE.verify(tmp_path / "right")["rows"]["warnings"] == 0
    write_bundle(wrong, "node", tmp_path / "wrong")
    (tmp_path / "wrong" / "node_modules").symlink_to(tmp_path / "right" / "node_modules")
    assert NODE.verify(tmp_path / "wrong", code=5)["rows"]["warnings"] == 2
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
def test_a_file_and_a_frame_are_scored_as_rows_are(tmp_path: Path) -> None:
    model = proven.regression(tmp_path / "onnx")
    folder = NODE.build(tmp_path / "node", read_source(model))
    names, columns = [*proven.ROWS], [*proven.ROWS.values()]
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([names, *zip(*columns, strict=True)])
    script = f"""import {{ Scorer }} from "./scorer.mjs";
    const [scorer, data] = [await Scorer.open(), {json.dumps(proven.ROWS)}];
    const frame = {{ columns: Object.keys(data), column: (name) => ({{ values: data[name] }}) }};
    const rows = [scorer.readCsv("rows.csv"), scorer.readFrame(frame)];
    console.log(JSON.stringify(await Promise.all(rows.map((each) => scorer.predict(each)))));"""
    (folder / "tables.test.mjs").write_text(script, encoding="utf-8")
    expected = Scorer(model).predict(proven.ROWS)["prediction_label"]
    for answers in json.loads(node(folder, "tables.test.mjs")):
        found = np.array([row["label"] for row in answers], dtype=float)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
