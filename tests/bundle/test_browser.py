"""The bundle for browsers in Chromium, served from 127.0.0.1: answers, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from pipeline.bundle.model_files import pick_example_row, read_source
from pipeline.runtime.scorer import Scorer
from tests.browser.browsing import PATIENCE, visit
from tests.bundle import proven
from tests.bundle.languages import BROWSER, change, copy_built
from tests.commands import needed

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("browser")
    model = proven.regression(place / "onnx")
    folder = BROWSER.build(place / "bundle", read_source(model))
    shutil.rmtree(folder / "node_modules")  # nothing of it is needed any more
    return folder


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a bundle, by its own server."""
    program = needed(shutil.which("node"), "node")
    command = [program, "serve.mjs", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@contextmanager
def opened(chromium: Browser, folder: Path) -> Iterator[tuple[Page, list[str]]]:
    """The example once it has judged, and what it asked for."""
    with served(folder) as address, visit(chromium) as seen:
        asked: list[str] = []
        seen.page.on("request", lambda request: asked.append(request.url))
        seen.page.goto(address)
        seen.page.wait_for_selector("body[data-state]", timeout=PATIENCE)
        yield seen.page, [each for each in asked if not each.startswith((address, "data:"))]


def ask(page: Page, row: dict[str, Any]) -> Any:
    """What the scorer of the page answers to one row, or the message of its refusal."""
    return page.evaluate(
        """async (row) => {
            const { Scorer } = await import("/scorer.mjs");
            try {
                return (await (await Scorer.open()).predict([row]))[0];
            } catch (error) {
                return error.message;
            }
        }""",
        row,
    )


def test_the_proof_is_replayed_and_rows_are_answered(
    chromium: Browser, tmp_path: Path, built: Path
) -> None:
    source = read_source(proven.regression(tmp_path / "onnx"))
    row = pick_example_row(source)
    expected = Scorer(source.model).predict_one(row)
    with opened(chromium, built) as (page, strange):
        assert page.get_attribute("body", "data-state") == "proven"
        label = expected["prediction_label"]
        assert json.loads(page.inner_text("#answer"))["label"] == pytest.approx(label, rel=1e-12)
        assert ask(page, row)["label"] == pytest.approx(label, rel=1e-12)
        assert "text without NUL" in ask(page, {**row, "smoker": "yes\0x"})
        assert page.request.get(page.url + "..%2Fonnx%2Fmodel.onnx").status == 404
    assert strange == []


@pytest.mark.parametrize(
    "name", ["model.onnx", "manifest.json", "golden.json", "runtime/ort-wasm-simd-threaded.wasm"]
)
def test_a_file_that_was_changed_is_refused(
    chromium: Browser, tmp_path: Path, built: Path, name: str
) -> None:
    folder = copy_built(built, tmp_path / "bundle")
    change(folder, name, "changed")
    with opened(chromium, folder) as (page, _):
        assert page.get_attribute("body", "data-state") == "refused"
        assert Path(name).name in page.inner_text("#proof")
