"""The bundle that is one HTML file: what it cannot have, and a page that was changed."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from pipeline.bundle.model_files import read_source
from pipeline.bundle.write import write_bundle
from pipeline.errors import DataError
from pipeline.model_page.render import render_model_page
from tests.bundle import proven
from tests.bundle.languages import PAGE, seal


def test_it_is_the_page_of_the_run(tmp_path: Path) -> None:
    source = read_source(proven.regression(tmp_path / "onnx"))
    write_bundle(source, "page", tmp_path / "page")
    page = (tmp_path / "page" / "try.html").read_text(encoding="utf-8")
    assert page == render_model_page(tmp_path / "onnx", source.manifest)


def test_a_graph_that_the_evaluator_cannot_run_is_refused(tmp_path: Path) -> None:
    source = read_source(proven.regression(tmp_path / "onnx"))
    model = onnx.load_from_string(source.model)
    model.graph.node.add(op_type="Erf", input=["mass"], output=["unused"])
    with pytest.raises(DataError, match="Erf"):
        write_bundle(replace(source, model=model.SerializeToString()), "page", tmp_path / "page")
    assert [path.name for path in tmp_path.iterdir()] == ["onnx"]


def test_verify_asks_the_model_inside_the_page(tmp_path: Path) -> None:
    source = read_source(proven.regression(tmp_path / "onnx"))
    folder = PAGE.build(tmp_path / "page", source)
    page = (folder / "try.html").read_text(encoding="utf-8")
    (packed,) = re.findall(r'id="model">(.*?)</script>', page)
    content = json.loads(gzip.decompress(base64.b64decode(packed)))
    word = json.dumps(content).replace('"yes"', '"YES"')
    other = base64.b64encode(gzip.compress(word.encode())).decode()
    (folder / "try.html").write_text(page.replace(packed, other), encoding="utf-8")
    assert "try.html" in PAGE.shell(folder, PAGE.target.verify, code=3)
    seal(folder)
    assert PAGE.verify(folder, code=5)["rows"]["error"] > 1e-9
