"""Candidates are measured as graphs, and none that fails ends the training."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.automl.candidate_cost import Cost
from pipeline.automl.experiment import run_experiment, train_rival
from pipeline.config.train_config import TrainConfig
from pipeline.errors import ConversionError
from pipeline.export.model import export_model
from pipeline.export.seal import seal_model
from pipeline.parity.verify import verify
from pipeline.selection.candidate_trial import list_first, try_candidates
from pipeline.selection.choice import select_candidate
from pipeline.tasks import REGRESSION
from tests.tables import dataset, trained


def test_the_winner_and_the_next_models_that_were_compared_are_tried() -> None:
    ranked = ("tune(gbr)", "gbr", "lr", "knn", "dt")
    candidates = [SimpleNamespace(id=i, failed=i == "knn") for i in ranked]
    many: Any = SimpleNamespace(model_id="lr", candidates=candidates, task=REGRESSION)
    assert list_first(many, 3) == ["lr", "gbr", "dt"]
    assert list_first(many, 1) == ["lr"]


def test_candidates_are_measured_and_the_chosen_one_is_trained_like_any_winner() -> None:
    table = dataset("insurance")
    config = TrainConfig(include=("lr", "dt"), fold=2, max_bytes=20_000)
    found = run_experiment(table, config)
    # the tree in front, whatever its metric: another one has to be fitted
    found = try_candidates(train_rival(found, table, config, "dt"), table, config)
    costs = {c.id: c.cost for c in found.candidates if c.cost is not None}
    assert costs["lr"].rows >= len(table.frame) + 2000
    assert costs["dt"].bytes > 20_000 > costs["lr"].bytes
    assert list(found.leaderboard["Convertible"]) == ["yes", "yes"]
    chosen = select_candidate(found, table, config)
    alone, _ = trained("insurance", "lr")
    assert (chosen.model_id, chosen.model_name) == ("lr", "Linear Regression")
    assert dict(chosen.holdout) == dict(alone.holdout)
    model = export_model(chosen, table)
    parity = verify(model, chosen, table)
    assert parity.passed
    # the verdict's numbers have at most this many more digits
    assert 0 <= costs["lr"].bytes - len(seal_model(model, parity, "0" * 32).data) < 100


def test_a_candidate_that_cannot_be_converted_says_so_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise ConversionError("no exact form")

    monkeypatch.setattr("pipeline.export.model.export_model", refused)
    found, _ = trained("insurance", "lr")
    config = TrainConfig(include=("lr",), fold=2)
    measured = try_candidates(found, dataset("insurance"), config)
    assert measured.candidates[0].cost == Cost(refusal="no exact form")
    assert select_candidate(measured, dataset("insurance"), config).model_id == "lr"
