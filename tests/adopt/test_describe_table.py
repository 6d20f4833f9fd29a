"""What is published of a graph of columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.adopt.publication import TRY, Publication, write_publication
from pipeline.adopt.run import adopt_source
from pipeline.adopt.sample import make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import ConfigError
from pipeline.model_page.render import render_model_page
from pipeline.runtime.scorer import Scorer
from tests.adopt.tables import fit_columns, make_table


def publish() -> Publication:
    config = AdoptConfig(name="penguins", target="kind")
    return adopt_source(fit_columns(), make_sample(make_table()), config, run_id="a1")


def test_the_run_has_the_largest_error_of_all_rows() -> None:
    publication = publish()
    summary = Scorer(publication.data).manifest.parity
    worst = max(float(summary["max_error_table"]), float(summary["max_error_hostile"]))
    assert publication.figures["parity_max_error"] == worst > 0


def test_the_manifest_names_its_run_and_the_page_scores(tmp_path: Path) -> None:
    publication = publish()
    write_publication(tmp_path, publication)
    manifest = Scorer(tmp_path / "onnx" / "model.onnx").manifest
    assert manifest.run_id == "a1"
    page = (tmp_path / TRY).read_text(encoding="utf-8")
    assert page == render_model_page(tmp_path / "onnx", manifest)


def test_settings_that_say_nothing_of_a_table_are_refused() -> None:
    config = AdoptConfig(name="penguins", target="kind", outputs=("a",), rtol=0.1)
    with pytest.raises(ConfigError, match="outputs, rtol"):
        adopt_source(fit_columns(), make_sample(make_table()), config)
