"""One cross-validation asked of a stand-in: nothing that it found out is lost, or left behind."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.automl.cross_validate import (
    CrossValidation,
    cross_validate,
    read_scores,
    record_cross_validations,
)

SCORES = pd.DataFrame(
    {"MAE": [1.0, 3.0, 2.0, 1.0], "R2": [0.5, 0.7, 0.6, 0.1]}, index=[0, 1, "Mean", "Std"]
)
ROW = pd.DataFrame([{"Model": "Any", "MAE": 2.0, "R2": 0.6, "TT (Sec)": 0.3}], index=["any"])


class Experiment:
    """PyCaret's, as far as a cross-validation uses it; `does` is what a comparison does."""

    def __init__(self, does: Callable[[Experiment], None]) -> None:
        self.logger = logging.getLogger("stand-in")
        self._master_model_container = ["what was there before"]
        self.does, self.shown, self.asked = does, pd.DataFrame(), []  # type: ignore[var-annotated]

    def compare_models(self, **options: Any) -> None:
        self.asked.append(options)
        self.does(self)

    def pull(self, pop: bool) -> pd.DataFrame:
        assert pop
        return self.shown


def succeed(experiment: Experiment) -> None:
    experiment._master_model_container.append({"model": "m", "scores": SCORES})  # type: ignore[arg-type]
    experiment.shown = ROW


def refuse(error: Exception) -> Callable[[Experiment], None]:
    def raise_it(_: Experiment) -> None:
        raise error

    return raise_it


def log_only(experiment: Experiment) -> None:
    experiment.logger.error("Traceback (most recent call last):\n  …\nValueError: too few rows\n")
    experiment.logger.error("no traceback")


def test_metrics_spread_and_folds_are_pycarets_own() -> None:
    experiment = Experiment(succeed)
    found = cross_validate(experiment, "any", {"sort": "r2"})
    assert found.metrics == {"MAE": 2.0, "R2": 0.6}
    assert found.spread == {"MAE": 1.0, "R2": 0.1}
    assert found.folds("R2") == [0.5, 0.7]
    assert (found.reason, found.fatal) == ("", False)
    assert experiment._master_model_container == ["what was there before"]
    (options,) = experiment.asked
    assert (options["include"], options["n_select"], options["sort"]) == (["any"], 0, "r2")


def test_without_folds_the_one_value_is_all_there_is() -> None:
    found = CrossValidation("any", ROW, None, 0.0)
    assert (found.folds("MAE"), found.spread) == ([2.0], {})


def test_what_pycaret_raises_ends_no_search_and_is_the_reason() -> None:
    found = cross_validate(Experiment(refuse(ValueError("no such metric"))), "any", {})
    assert (found.row, found.metrics, found.fatal) == (None, {}, True)
    assert found.reason == "no such metric"
    short = cross_validate(Experiment(refuse(MemoryError("3 GiB"))), "any", {})
    assert short.reason == "MemoryError: 3 GiB"


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        (log_only, "ValueError: too few rows"),
        (lambda experiment: None, "PyCaret gave no reason"),
        (
            lambda experiment: experiment.logger.error("Traceback\nAssertionError"),
            "every score is zero or missing",
        ),
    ],
)
def test_a_model_without_a_row_has_failed_for_the_last_error_that_was_logged(
    does: Any, reason: str
) -> None:
    experiment = Experiment(does)
    found = cross_validate(experiment, "any", {})
    assert (found.row, found.reason, found.fatal) == (None, reason, False)
    assert not experiment.logger.handlers


def test_a_row_of_which_nothing_is_known_is_a_failure() -> None:
    def nothing(experiment: Experiment) -> None:
        experiment.shown = ROW.assign(MAE=np.nan, R2=np.nan)

    assert cross_validate(Experiment(nothing), "any", {}).row is None


def test_what_a_block_cross_validates_is_handed_over_and_forgotten() -> None:
    experiment = Experiment(succeed)
    levels = pd.MultiIndex.from_product([["CV-Train", "CV-Val"], SCORES.index])
    levels = levels.set_names(["Split", "Fold"])
    both = pd.concat([SCORES * 9, SCORES]).set_axis(levels)
    with record_cross_validations(experiment) as found:
        experiment._master_model_container += [{"scores": SCORES}, {"scores": both}]  # type: ignore[list-item]
        assert found == []
    assert experiment._master_model_container == ["what was there before"]
    for record in found:
        pd.testing.assert_frame_equal(record["scores"], SCORES, check_names=False)


def test_what_is_no_metric_is_left_out_of_a_row() -> None:
    assert read_scores(ROW.iloc[0]) == {"MAE": 2.0, "R2": 0.6}
