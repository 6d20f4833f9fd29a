"""The description of a run: the verdict first, and no name that a person chose is markup."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.automl.candidate_cost import Cost
from pipeline.rendering.wording import escape_markdown
from pipeline.report.mlflow_description import TOP, compose_description
from pipeline.track.training_result import Converted
from tests import tracked
from tests.report.conftest import HOSTILE_TARGET


def head(evidence: Any) -> list[str]:
    return compose_description(evidence).partition("\n\n")[0].split("  \n")


def test_the_first_lines_are_the_verdict_and_the_model_with_its_metric(tmp_path: Path) -> None:
    verdict, model = head(tracked.evidence(tmp_path))
    assert verdict.startswith("**Parity passed on 10 table rows")
    assert model == (
        "**Linear Regression** (`lr`): R2 0.9000 ± 0.0100 in cross-validation, "
        "0.8800 on the holdout."
    )


def test_a_failed_verdict_says_that_nothing_was_registered(tmp_path: Path) -> None:
    verdict, _ = head(tracked.evidence(tmp_path, tracked.FAILED))
    assert verdict.startswith("**Parity FAILED on 7 of 10")
    assert verdict.endswith("** Not registered.")


def test_without_a_graph_the_pickle_is_named_instead(tmp_path: Path) -> None:
    text = compose_description(tracked.unconverted(tmp_path))
    assert "pickle/pipeline.pkl" in text
    assert "model.onnx" not in text


def test_only_the_first_of_the_leaderboard_are_shown(tmp_path: Path) -> None:
    text = compose_description(tracked.evidence(tmp_path, count=40))
    ranking = text.rpartition("in cross-validation:")[2].strip().splitlines()
    assert len(ranking) == 2 + TOP
    assert "of 40" in text


def test_what_the_first_are_as_graphs_stands_beside_them(tmp_path: Path) -> None:
    evidence = tracked.evidence(tmp_path)
    first, *rest = evidence.trained.candidates
    good = Cost(max_error=1e-15, rows=9, microseconds_per_row=12.5, bytes=800)
    tried = (replace(first, cost=good), *rest)
    trained = replace(evidence.trained, candidates=tried, choice="lr was chosen, not gbr")
    text = compose_description(replace(evidence, trained=trained))
    assert "| yes | 1.0e-15 | 0 | 12.5 | 800 |" in text
    assert "Chosen: lr was chosen, not gbr." in text


def test_names_are_never_markup(hostile: Converted) -> None:
    text = compose_description(hostile)
    assert escape_markdown(HOSTILE_TARGET) in text
    assert "<b>" not in text
