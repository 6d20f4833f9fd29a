"""The holdout against the folds and their spread."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.leaks import amounts
from pipeline import audit
from pipeline.audit import scores
from pipeline.config.train_config import TrainConfig
from tests.audit.stand_in import Candidate, dataset, trained


def test_the_holdout_is_held_against_the_folds_and_their_spread() -> None:
    made = trained(amounts(), "lr")

    def said(value: float, **settings: Any) -> list[str]:
        best = Candidate("lr", {"R2": 0.8}, {"R2": 0.02})
        run = replace(made, candidates=(best,), holdout={"R2": value})
        config = TrainConfig(**settings)
        found = audit.audit_training(dataset(amounts()), config, run, "R2")  # type: ignore[arg-type]
        return [a.check for a in found.alarms]

    assert said(0.78) == [] and said(float("nan")) == []
    assert said(0.7) == said(0.9) == [scores.DISAGREES]
    assert said(0.7, fold=2) == []
    even = replace(made, candidates=(Candidate("lr", {"R2": 1.0}, {"R2": 0.0}),))
    for value, expected in ((0.99, []), (0.95, [scores.DISAGREES])):
        run = replace(even, holdout={"R2": value})
        found = audit.audit_training(dataset(amounts()), TrainConfig(), run, "R2")  # type: ignore[arg-type]
        assert [a.check for a in found.alarms] == expected
