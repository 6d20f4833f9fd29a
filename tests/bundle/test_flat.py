"""The flat files hold what the JSON files hold: they are read back and compared."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.model_files import BundleSource, read_source
from tests.bundle import proven

BACK = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r", "0": "\0"}


def lines_of(text: str) -> list[list[str]]:
    """Each line's fields, as a reader in any language takes them apart."""
    assert text.endswith("\n")
    return [
        [re.sub(r"\\(.)", lambda found: BACK[found[1]], field) for field in line.split("\t")]
        for line in text[:-1].split("\n")
    ]


def cell_of(field: str) -> Any:
    kind, value = field[0], field[1:]
    readers = {"-": lambda _: None, "n": float, "i": int, "s": str}
    return {"t": True, "f": False}[kind] if kind in "tf" else readers[kind](value)


def same(found: Any, expected: Any) -> bool:
    return found == expected and type(found) is type(expected)


@pytest.fixture(params=["numbers", "words", "whole"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> BundleSource:
    if request.param == "numbers":
        return read_source(proven.regression(tmp_path))
    labels: tuple[Any, ...] = ("no\t", "yes\\n") if request.param == "words" else (0, 1, 2)
    return read_source(proven.classification(tmp_path, labels))


def test_golden_rows_are_the_same(source: BundleSource) -> None:
    lines = lines_of(render_flat_files(source)["golden.tsv"])
    golden = json.loads(source.golden)
    assert [float(line[1]) for line in lines[:3]] == [
        golden["tolerance"],
        golden["graph"]["tolerance"],
        golden["scale"],
    ]
    rows = [lines[k : k + 3] for k in range(3, len(lines), 3)]
    assert len(rows) == len(golden["kinds"])
    for place, (cells, *answers) in enumerate(rows):
        expected = [golden["inputs"][each.name][place] for each in source.manifest.inputs]
        assert all(map(same, map(cell_of, cells[1:]), expected))
        for line, of in zip(answers, (golden, golden["graph"]), strict=True):
            label, *scores = map(cell_of, line[1:])
            assert same(label, of["expected"]["prediction_label"][place])
            assert scores == of["expected"].get("prediction_score", [[]] * len(rows))[place]


def test_columns_and_cases_are_the_same(source: BundleSource) -> None:
    flat = render_flat_files(source)
    cases, found = json.loads(source.cases)["columns"], lines_of(flat["feed_cases.tsv"])
    starts = [place for place, line in enumerate(found) if line[0] == "column"]
    for entry, start, end in zip(cases, starts, [*starts[1:], len(found)], strict=True):
        given, (block, shown) = entry["input"], (found[start:end], [])
        words = {line[0]: line[1:] for line in block if line[0] != "grammar"}
        assert words["column"] == [given["name"], given["kind"]]
        assert words["missing"] == given["cells"]["missing"]
        assert words["words"] == [given["cells"]["true"], given["cells"]["false"]]
        assert [words["whole"][0] == "t", *words["decimal"]] == [
            given["cells"]["whole"],
            given["cells"]["decimal"],
        ]
        assert [line[1:] for line in block if line[0] == "grammar"] == [
            [each["pattern"], each["trimmed"], *each["groups"]]
            for each in entry["grammars"]
            if "strptime" not in each
        ]
        shown = [line[1:] for line in block if line[0] == "case"]
        assert len(shown) == len(entry["cases"])
        for (cell, value), (wanted, outcome) in zip(shown, entry["cases"], strict=True):
            assert same(cell_of(cell), wanted)
            if isinstance(outcome, dict):
                assert value == "!"
            else:
                read = cell_of(value)
                assert same(str(read) if given["kind"] == "date" else read, outcome)


def test_every_column_of_the_model_is_there_in_its_order(source: BundleSource) -> None:
    lines = lines_of(render_flat_files(source)["model.tsv"])
    assert [line[1:] for line in lines if line[0] == "column"] == [
        [each.name, each.kind] for each in source.manifest.inputs
    ]
    labels = [cell_of(line[1]) for line in lines if line[0] == "label"]
    assert labels == list(source.manifest.labels or ())
