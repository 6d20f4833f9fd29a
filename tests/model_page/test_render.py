"""The page as a file: one script that it allows, no address, and a reason where it cannot score."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest

from pipeline.manifest.columns import MOST_SHOWN, Known
from pipeline.model_page.render import render_model_page, render_own_page
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.report.page import Page


def content(page: str) -> Any:
    """What the page carries."""
    (text,) = re.findall(r'<script type="text/plain" id="model">(.*?)</script>', page)
    return json.loads(gzip.decompress(base64.b64decode(text)))


def test_the_page_allows_its_own_script_and_no_other(tmp_path: Path) -> None:
    file = proven.regression(tmp_path)
    page = render_model_page(tmp_path, Scorer(file).manifest)
    found = Page(page)
    (script,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(attrs["content"] for _, attrs in found.tags if "http-equiv" in attrs)
    assert policy.startswith("default-src 'none';")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "connect" not in policy
    assert found.attributes("href", "src", "action") == []


def test_the_page_is_the_same_each_time(tmp_path: Path) -> None:
    manifest = Scorer(proven.regression(tmp_path)).manifest
    assert render_model_page(tmp_path, manifest) == render_model_page(tmp_path, manifest)


def test_names_cannot_leave_their_place(tmp_path: Path) -> None:
    hostile = "</script><script>alert(1)</script>"
    proven.regression(tmp_path, target=hostile, name="<!--")
    page = render_model_page(tmp_path, Scorer(tmp_path / "model.onnx").manifest)
    assert hostile not in page
    assert page.count("<script") == 2
    assert content(page)["manifest"]["target"] == hostile


def test_values_that_may_be_personal_are_not_in_the_proof(tmp_path: Path) -> None:
    file = proven.regression(tmp_path)
    manifest = Scorer(file).manifest
    known = Known(tuple(map(str, range(MOST_SHOWN + 1))))
    inputs = tuple(
        replace(each, known=known) if each.kind == "text" else each for each in manifest.inputs
    )
    manifest = replace(manifest, inputs=inputs)
    held = content(render_model_page(tmp_path, manifest))
    assert held["hidden"] == ["smoker"]
    assert set(held["golden"]["inputs"]["smoker"]) == {None}
    texts = [(tmp_path / name).read_text("utf-8") for name in ("golden.json", "feed_cases.json")]
    given = content(render_own_page(file.read_bytes(), manifest, *texts, hidden=()))
    assert given["golden"] == json.loads(texts[0])


@pytest.mark.parametrize("obstacle", ["operator", "no contract", "no proof"])
def test_a_page_that_cannot_score_says_why(tmp_path: Path, obstacle: str) -> None:
    file = proven.regression(tmp_path)
    manifest, said = Scorer(file).manifest, "feed contract"
    if obstacle == "no contract":
        manifest = replace(manifest, feed={})
    if obstacle == "no proof":
        (tmp_path / "golden.json").unlink()
        said = "golden.json"
    if obstacle == "operator":
        model, said = onnx.load(file), "no Erf"
        model.graph.node.add(op_type="Erf", input=["mass"], output=["unused"])
        onnx.save(model, file)
    found = Page(render_model_page(tmp_path, manifest))
    assert said in found.said
    assert "--for python" in found.said
    assert not any(tag == "script" for tag, _ in found.tags)
