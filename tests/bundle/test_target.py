"""What a target says of itself holds in its language: its README, and how its verify ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.target import Target
from pipeline.bundle.write import TARGETS, write_bundle
from pipeline.export.feed_contract import render_feed_cases
from tests.bundle import proven
from tests.bundle.hostile_cells import CELLS, COLUMNS, render_cases
from tests.bundle.languages import (
    BROWSER,
    CSHARP,
    GO,
    JAVA,
    LANGUAGES,
    NODE,
    PAGE,
    PROVEN,
    C,
    Language,
    R,
    blocks,
    change,
    copy_built,
    rewrite,
)
from tests.commands import ROOT, whole_run


def each(*languages: Language, quick: tuple[Language, ...] = (C,)) -> pytest.MarkDecorator:
    """A test for each language; but for a few in the long tier."""
    marks = {language.name: () if language in quick else pytest.mark.long for language in languages}
    params = [pytest.param(each, id=each.name, marks=marks[each.name]) for each in languages]
    return pytest.mark.parametrize("language", params)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    return read_source(proven.regression(tmp_path_factory.mktemp("proven")))


@pytest.fixture(scope="module")
def build(
    source: BundleSource, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Language], Path]:
    """The bundle of each language, built once."""
    return cache(
        lambda language: language.build(tmp_path_factory.mktemp(language.name) / "bundle", source)
    )


@pytest.fixture
def folder(language: Language, build: Callable[[Language], Path], tmp_path: Path) -> Path:
    """A bundle that a test may change."""
    return copy_built(build(language), tmp_path / "bundle")


def test_each_has_its_row_in_the_docs() -> None:
    text = (ROOT / "docs" / "bundles.md").read_text(encoding="utf-8")
    table = text[text.index("| `--for` |") :].split("\n\n", 1)[0].splitlines()[2:]
    assert {row.split("`")[1] for row in table} == {*TARGETS}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_readme_has_the_lines_that_install_and_verify(tmp_path: Path, target: Target) -> None:
    files = target.render(read_source(proven.regression(tmp_path)))
    assert f"```sh\n{target.lines}\n```" in str(files["README.md"])
    assert all(each.program and each.install for each in target.tools)


@each(*PROVEN, quick=(C, JAVA, PAGE))
def test_verify_proves_every_cell_and_row(language: Language, folder: Path) -> None:
    found = language.verify(folder, "--measure")
    cases = json.loads((folder / "feed_cases.json").read_text(encoding="utf-8"))["columns"]
    assert found["cells"] == {"wrong": [], "count": sum(len(each["cases"]) for each in cases)}
    assert found["rows"]["count"] == len(proven.ROWS["smoker"])
    assert found["rows"]["flips"] == 0
    assert found["rows"]["error"] <= 1e-9
    assert found["rows"]["graph_error"] <= 1e-12
    assert {*found["speed"]} == {"open_ms", "row_us", "batch_ms"}
    assert "speed" not in language.verify(folder)


def list_changes() -> Iterator[Any]:
    """Each file that is changed, gone or not listed, but for code that is needed to say so."""
    unsaid = {("gone", ".R"), ("gone", ".mjs"), ("unlisted", ".go"), ("unlisted", ".wasm")}
    for language in (
        C,
        JAVA,
        CSHARP,
        GO,
        R,
        BROWSER,
        PAGE,
    ):  # of Node.js in the quick tier: test_node.py
        for name in language.sealed:
            for how in ("changed", "gone", "unlisted"):
                if (how, Path(name).suffix) not in unsaid:
                    marks = [pytest.mark.long] * (language not in (C, PAGE))
                    at = f"{language.name}-{name}-{how}"
                    yield pytest.param(language, name, how, id=at, marks=marks)


@pytest.mark.parametrize(("language", "name", "how"), list_changes())
def test_a_file_that_was_changed_is_refused(
    language: Language, folder: Path, name: str, how: str
) -> None:
    change(folder, name, how)
    assert name in language.shell(folder, language.target.verify, code=3)


@each(C, JAVA, CSHARP, GO, R)
def test_a_library_that_is_missing_is_named(language: Language, folder: Path) -> None:
    assert "none.so" in language.shell(folder, language.target.verify, code=3, ORT_LIB="none.so")
    if (folder / "libscorer.so").exists():
        (folder / "libscorer.so").unlink()
        assert "build.sh" in language.shell(folder, language.target.verify, code=3)


@each(*PROVEN)
@pytest.mark.parametrize("answers", ["expected", "graph"])
def test_another_answer_ends_with_5(
    language: Language, folder: Path, source: BundleSource, answers: str
) -> None:
    golden = json.loads(source.golden)
    wrong = golden["expected"] if answers == "expected" else golden["graph"]["expected"]
    wrong["prediction_label"][2] *= 1 + 1e-8
    rewrite(folder, source, golden=json.dumps(golden))
    rows = language.verify(folder, code=5)["rows"]
    assert rows["error" if answers == "expected" else "graph_error"] > 1e-9


@each(*PROVEN)
def test_another_cell_ends_with_5(language: Language, folder: Path, source: BundleSource) -> None:
    cases = json.loads(source.cases)
    (smoker,) = (each for each in cases["columns"] if each["input"]["name"] == "smoker")
    smoker["cases"][smoker["cases"].index(["yes", "yes"])] = ["yes", "no"]
    rewrite(folder, source, cases=json.dumps(cases))
    ((column, *_),) = language.verify(folder, code=5)["cells"]["wrong"]
    assert column == "smoker"


@each(*PROVEN, quick=(C, JAVA))
def test_every_way_of_writing(language: Language, folder: Path, source: BundleSource) -> None:
    assert language.find_wrong(folder, source, render_feed_cases(COLUMNS)) == []


@each(*PROVEN)
@settings(max_examples=6, deadline=None, suppress_health_check=[*HealthCheck])
@given(cells=st.lists(CELLS, min_size=50, max_size=200))
def test_any_cell(language: Language, folder: Path, source: BundleSource, cells: list[Any]) -> None:
    if language in (R, NODE, BROWSER, PAGE):  # their numbers are doubles
        cells = [each for each in cells if not isinstance(each, int) or abs(each) < 2**53]
    assert language.find_wrong(folder, source, render_cases(cells)) == []


@each(*PROVEN, quick=())
def test_the_shortest_decimal_is_that_of_python(
    language: Language, folder: Path, source: BundleSource
) -> None:
    bits = np.random.default_rng(0).integers(0, 2**63, 2000, dtype=np.uint64).view(np.float64)
    powers = 2.0 ** np.arange(-1074, 60)
    near = [np.nextafter(powers, 0), powers, np.nextafter(powers, np.inf)]
    ties = 2.0**51 + np.arange(100) + 0.25
    values = np.concatenate([bits[np.isfinite(bits)], *near, ties, ties + 0.5, -ties])
    assert language.find_wrong(folder, source, render_cases(values.tolist())) == []


@each(*PROVEN, quick=())
def test_cells_may_be_long(language: Language, folder: Path, source: BundleSource) -> None:
    digits = ("1e" + "9" * 100_000, "1" * 100_000, "0." + "0" * 400 + "1e400")
    cases = render_cases([*digits, *(f"-{each}" for each in digits)])
    assert language.find_wrong(folder, source, cases) == []


@each(*LANGUAGES, quick=())
@pytest.mark.parametrize("kind", ["numbers", "words", "whole", "trained"])
def test_the_readme_is_right_word_for_word(
    language: Language, kind: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if kind == "trained":
        model = whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx"
    else:
        model = proven.KINDS[kind](tmp_path / "onnx")
    folder = tmp_path / "bundle"
    write_bundle(read_source(model), language.name, folder)
    said = language.shell(folder, blocks(folder, "sh")[0], ORT_LIB="")
    found = json.loads(said.splitlines()[-1])
    assert found["cells"]["wrong"] == []
    assert found["rows"]["flips"] == 0
    language.check_example(folder, model, ORT_LIB="")
    language.shell(folder, language.lint)
