from __future__ import annotations

import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.adopt.array_model import adopt_model
from pipeline.adopt.describe_tensors import describe_adopted
from pipeline.adopt.frameworks.onnx_file import OnnxFile
from pipeline.adopt.publication import CARD, PARITY, REPORT, write_publication
from pipeline.adopt.sample import make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.runtime import integrity
from tests.adopt.graphs import ROWS, make_classifier, predict_scores

NAME = "iris of 1936"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("adopted")
    model = OnnxFile(make_classifier(), predict_scores)
    adopted = adopt_model(model, make_sample(ROWS), AdoptConfig(name=NAME))
    write_publication(where, describe_adopted(adopted))
    return where


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [v for k, v in attrs if k in {"href", "src"} and v]


def test_the_list_of_files_is_that_of_the_folder(folder: Path) -> None:
    listed = json.loads((folder / "onnx" / integrity.FILE).read_text())["files"]
    for name, stated in listed.items():
        content = (folder / "onnx" / name).read_bytes()
        assert stated["sha256"] == hashlib.sha256(content).hexdigest()
    assert {"model.onnx", "manifest.json", "golden.json"} <= set(listed)


def test_the_page_needs_nothing_but_itself(folder: Path) -> None:
    links = _Links()
    links.feed((folder / REPORT).read_text())
    outside = [each for each in links.found if not each.startswith(("#", "data:"))]
    assert outside == ["https://netron.app"]  # a link to follow, nothing that is loaded


def test_page_card_and_table_name_the_model_and_every_case(folder: Path) -> None:
    cases = {row[0] for row in json.loads((folder / PARITY).read_text())["data"]}
    page = (folder / REPORT).read_text()
    assert "batch of 7" in cases
    assert all(case in page for case in cases)
    assert NAME in page
    assert NAME in (folder / CARD).read_text()
