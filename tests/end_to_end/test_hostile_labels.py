"""Class labels that mean something elsewhere: to HTML, to spreadsheets, to terminals, to readers.

They go from the table through training, report, registry, scores and comparison, and come out as
they went in; where people see them they are text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from pipeline.manifest import Manifest
from pipeline.runtime.scorer import Scorer
from tests import tracked
from tests.commands import Preloaded

pytestmark = pytest.mark.long

MARK = "hostile-7f3a"
LABELS = (
    f"<script>alert('{MARK}')</script>",
    f'"><img src=x onerror={MARK}()>',
    "two\nlines",
    "carriage\rreturn",
    "long " * 200,
    'it\'s "quoted"',
    f'=HYPERLINK("http://{MARK}")',
    "@SUM(1)",
    "\x1b[2J\x1b[31mred",
    "right\u202eleft",
    "[a](javascript:b)",
    "| a | b |",
    "NaN",
    "None",
    "True",
    "1.0",
    "1",
    "2020-01-01",
    "a,b;c\td",
)


def table(labels: tuple[str, ...], seed: int) -> pd.DataFrame:
    """Rows that tell the classes apart."""
    random = np.random.default_rng(seed)
    place = np.repeat(np.arange(len(labels)), 24)
    frame = pd.DataFrame(
        {
            "x": place * 10 + random.normal(size=len(place)),
            "z": random.choice(["p", "q"], len(place)),
            "class": [labels[k] for k in place],
        }
    )
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


@dataclass(frozen=True)
class Place:
    folder: Path
    ready: Preloaded
    client: MlflowClient

    def done(self, name: str, module: str, *arguments: str) -> int:
        """Run a command of the project to its end; returns its exit code."""
        how: dict[str, Any] = {"module": f"pipeline.{module}", "json_log": False}
        return self.ready.started(self.folder, name, *arguments, **how).end()

    def said(self, name: str) -> str:
        return "".join((self.folder / f"{name}.{s}").read_text("utf-8") for s in ("out", "err"))


TRAIN = ("--target", "class", "--name", "labels", "--include", "dt", "--fold", "2")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, ready: Preloaded) -> Iterator[Place]:
    """A training, and a retraining on other rows."""
    folder = tmp_path_factory.mktemp("labels")
    with pytest.MonkeyPatch.context() as patch:
        client = tracked.enter(folder, patch)
        for number in (1, 2):
            table(LABELS, number).to_parquet(folder / f"rows-{number}.parquet")
        made = Place(folder, ready, client)
        options = ("--data", "rows-1.parquet", *TRAIN, "--output", "out")
        assert made.done("train", "train", *options) == 0, made.said("train")
        options = ("--data", "rows-2.parquet", *TRAIN)
        assert made.done("retrain", "retrain", *options) == 0, made.said("retrain")
        yield made


class _Page(HTMLParser):
    """Elements and attributes that a page has, as a browser reads it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.attributes: list[str] = []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag == "script"
        self.attributes += [f"{name}={value}" for name, value in attrs if name.startswith("on")]
        self.attributes += [f"{n}={v}" for n, v in attrs if n in {"href", "src"} and v]

    def handle_endtag(self, tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.scripts.append(data)


def assert_text_alone(page: str) -> None:
    found = _Page(page)
    assert not any(MARK in script for script in found.scripts)
    assert not any(MARK in each or "javascript:" in each for each in found.attributes)


@pytest.mark.attack(
    "nineteen hostile labels of classes, through training, scoring, pages, registry and terminal",
    "as they were in the file, shown as text",
)
def test_the_model_has_the_labels_as_they_are(place: Place) -> None:
    manifest = Manifest.from_json((place.folder / "out/onnx/manifest.json").read_text("utf-8"))
    assert manifest.labels == tuple(sorted(LABELS))
    assert manifest.verdict == "pass"
    scorer = Scorer(place.folder / "out/onnx/model.onnx")
    frame = table(LABELS, 3)
    assert scorer.score_frame(frame)["prediction_label"].tolist() == frame["class"].tolist()


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.attack(
    "nineteen hostile labels of classes, through training, scoring, pages, registry and terminal",
    "as they were in the file, shown as text",
)
def test_scores_read_back_as_the_labels(place: Place, form: str) -> None:
    out = place.folder / f"scores.{form}"
    options = (
        "--model",
        "models:/labels@champion",
        "--data",
        "rows-1.parquet",
        "--output",
        out.name,
    )
    assert place.done(f"score-{form}", "score", *options) == 0, place.said(f"score-{form}")
    expected = table(LABELS, 1)["class"].tolist()
    if form == "parquet":
        assert pd.read_parquet(out)["prediction_label"].tolist() == expected
    else:
        with out.open(encoding="utf-8", newline="") as file:
            found = pd.read_csv(file, keep_default_na=False, dtype=str)["prediction_label"]
        assert found.tolist() == expected


@pytest.mark.attack(
    "nineteen hostile labels of classes, through training, scoring, pages, registry and terminal",
    "as they were in the file, shown as text",
)
def test_a_spreadsheet_gets_no_formula(place: Place) -> None:
    options = ("--model", "models:/labels@champion", "--data", "rows-1.parquet")
    options = (*options, "--output", "sheet.csv", "--escape-formulas")
    assert place.done("sheet", "score", *options) == 0, place.said("sheet")
    with (place.folder / "sheet.csv").open(encoding="utf-8", newline="") as file:
        found = pd.read_csv(file, keep_default_na=False, dtype=str)
    cells = [str(value) for column in found for value in found[column]]
    assert not any(cell.startswith(("=", "@", "+", "\t", "\r")) for cell in cells)


@pytest.mark.attack(
    "nineteen hostile labels of classes, through training, scoring, pages, registry and terminal",
    "as they were in the file, shown as text",
)
def test_pages_show_labels_as_text(place: Place) -> None:
    assert place.done("compare", "compare", "models:/labels/1", "models:/labels/2") == 0
    assert place.done("again", "report", "--output", "out") == 0
    pages = [*place.folder.rglob("*.html")]
    assert {"report.html", "drift.html", "compare.html"} <= {page.name for page in pages}
    shown = 0
    for page in pages:
        text = page.read_text("utf-8")
        assert_text_alone(text)
        shown += MARK in text
    assert shown >= 2


@pytest.mark.attack(
    "nineteen hostile labels of classes, through training, scoring, pages, registry and terminal",
    "as they were in the file, shown as text",
)
def test_the_registry_and_the_runs_show_labels_as_text(place: Place) -> None:
    for number in ("1", "2"):
        found = version(place, number)
        note = place.client.get_run(found.run_id).data.tags["mlflow.note.content"]
        for text in (found.description, note):
            assert not re.search(r"<(script|img)", text or "")
            assert not re.search(r"(?<!\\)\]\(javascript:", text or "")


@pytest.mark.attack(
    "nineteen hostile labels of classes, through training, scoring, pages, registry and terminal",
    "as they were in the file, shown as text",
)
def test_a_terminal_gets_no_control_characters(place: Place) -> None:
    labels = tuple(f"{label}\x1b[2J!" for label in LABELS[:3]) + LABELS[3:]
    table(labels, 4).to_parquet(place.folder / "other.parquet")
    options = ("--data", "other.parquet", *TRAIN)
    assert place.done("gone", "retrain", *options) == 3
    for name in ("train", "retrain", "gone"):
        said = place.said(name)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", said), name
    (summary,) = (place.folder / "gone.out").read_text("utf-8").splitlines()
    reason: str = json.loads(summary)["reason"]
    assert MARK in reason
    assert "\n" not in reason


def test_words_that_a_csv_file_uses_for_nothing_are_refused_as_a_target(place: Place) -> None:
    labels = tuple(label for label in LABELS if "\r" not in label)  # pandas writes it bare
    table(labels, 1).to_csv(place.folder / "rows.csv", index=False)
    assert place.done("csv", "train", "--data", "rows.csv", *TRAIN, "--no-register") == 3
    assert "got no value in lines" in place.said("csv")


def version(place: Place, number: str) -> Any:
    return place.client.get_model_version("labels", number)
