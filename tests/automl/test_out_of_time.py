"""The look forward: the winner on older rows, asked for the newest ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.audit import audit_training
from pipeline.audit.scores import LATER
from pipeline.automl import out_of_time as stage
from pipeline.automl.experiment import SearchResult, run_experiment
from pipeline.automl.out_of_time import list_date_features, validate_out_of_time
from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.config.train_config import DatasetSpec, TrainConfig
from pipeline.config.validation import Validation
from pipeline.data.dataset import Dataset
from pipeline.report.findings import collect_findings
from pipeline.report.result_tables import tabulate_metrics as shown
from pipeline.track.record import describe_training
from pipeline.track.training_result import Unconverted

ROWS = 300
CONFIG = TrainConfig(include=("dt",), fold=2, onnx=False)


@pytest.fixture(scope="module", autouse=True)
def caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chdir(tmp_path_factory.mktemp("work")), isolate_pycaret() as folder:
        yield folder


def sales(**columns: Any) -> pd.DataFrame:
    """Days in no order, and a target that wanders away with them."""
    random = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2021-01-01", periods=ROWS),
            "x": random.normal(size=ROWS).round(3),
            "y": (np.arange(ROWS) * 1.0 + random.normal(size=ROWS)).round(3),
        }
    ).assign(**columns)
    return frame.sample(frac=1, random_state=2).reset_index(drop=True)


def dataset(frame: pd.DataFrame, task: Any = "regression") -> Dataset:
    spec = DatasetSpec(name="sales", task=task, target="y", file=Path("sales.csv"))
    return Dataset(spec, frame, "0" * 64, Path("sales.csv"))


@pytest.fixture(scope="module")
def wandering() -> tuple[SearchResult, Dataset]:
    table = dataset(sales())
    return validate_out_of_time(run_experiment(table, CONFIG), table, CONFIG), table


def test_the_figures_are_pycarets_for_sorted_rows(
    wandering: tuple[SearchResult, Dataset], caches: str
) -> None:
    from pycaret.regression import RegressionExperiment

    trained, table = wandering
    found, theirs = trained.forward, RegressionExperiment()
    assert found is not None
    theirs.setup(
        table.frame.sort_values("day"),
        target="y",
        date_features=["day"],
        data_split_shuffle=False,
        session_id=1,
        html=False,
        verbose=False,
        memory=caches,
        n_jobs=1,
    )
    model = theirs.create_model("dt", cross_validation=False, verbose=False)
    theirs.predict_model(model, verbose=False)
    figures = theirs.pull().drop(columns="Model").iloc[0]
    assert dict(found.metrics) == pytest.approx(dict(figures), abs=1e-4)
    assert (found.column, found.rows) == ("day", len(theirs.X_test))


def test_it_is_shown_wherever_the_holdout_is(wandering: tuple[SearchResult, Dataset]) -> None:
    trained, table = wandering
    assert trained.forward is not None
    assert trained.holdout["R2"] > 0.9
    assert trained.forward.metrics["R2"] < 0
    assert trained.forward.level == "bad"
    evidence = Unconverted(table, CONFIG, trained, Path(), "switched off")
    (told,) = [a for a in audit_training(table, CONFIG, trained, "R2").alarms if a.check == LATER]
    assert (told.level, told.columns) == ("red", ("day",))
    assert trained.forward.text == f"{told.text} {told.todo}"
    assert told.text not in " ".join(f.text for f in collect_findings(evidence))
    assert shown(evidence).head[-1] == "forward in time"
    logged = describe_training("sales", "run", evidence, "").metrics
    assert logged["holdout_forward_r2"] == trained.forward.metrics["R2"]
    assert logged["holdout_r2"] == trained.holdout["R2"]


def test_it_costs_one_fit_and_leaves_the_training_as_it_was(
    wandering: tuple[SearchResult, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.tree import DecisionTreeRegressor

    trained, table = wandering
    fits, fit = [], DecisionTreeRegressor.fit

    @wraps(fit)  # scikit-learn looks at the signature
    def counted(*given: Any, **more: Any) -> Any:
        fits.append(1)
        return fit(*given, **more)

    monkeypatch.setattr(DecisionTreeRegressor, "fit", counted)
    before = trained.experiment.pull()
    rows = table.frame[["day", "x"]]
    answers = trained.experiment.predict_model(trained.pipeline, data=rows, verbose=False)
    again = validate_out_of_time(trained, table, CONFIG)
    assert len(fits) == 1
    assert again.forward == trained.forward
    pd.testing.assert_frame_equal(trained.experiment.pull(), before)
    after = again.experiment.predict_model(again.pipeline, data=rows, verbose=False)
    pd.testing.assert_frame_equal(answers, after)


def test_a_holdout_that_promises_nothing_is_not_alarming(
    wandering: tuple[SearchResult, Dataset],
) -> None:
    trained, table = wandering
    found = validate_out_of_time(replace(trained, holdout={"R2": -0.1}), table, CONFIG).forward
    assert found is not None
    assert found.metrics["R2"] < -0.5
    assert not found.level


def test_the_rows_in_whose_order_they_are_decide_between_dates() -> None:
    random = np.random.default_rng(1)
    days = pd.date_range("2020-01-01", periods=ROWS)
    frame = pd.DataFrame(
        {
            "born": days[random.permutation(ROWS)],
            "seen": days.where(np.arange(ROWS) > 3),
            "day": days.repeat(2)[:ROWS],
            "x": 1.0,
            "y": 2.0,
        }
    )
    assert list_date_features(dataset(frame)) == ["day", "born", "seen"]


def test_rows_without_a_date_are_neither_old_nor_new() -> None:
    days = pd.Series(pd.date_range("2021-01-01", periods=ROWS)).mask(np.arange(ROWS) % 20 == 7)
    table = dataset(sales(day=days))
    parts = stage._parts(table, "day", ROWS * 3 // 10)
    assert parts is not None
    old, new = (table.frame["day"].iloc[places] for places in parts)
    assert len(old) + len(new) == days.notna().sum() == old.notna().sum() + new.notna().sum()
    assert old.max() < new.min()


@pytest.mark.parametrize(
    ("column", "word"),
    [
        (["2021-01-01"] * (ROWS - 3) + ["2021-02-01"] * 3, "too many of its dates are equal"),
        (["2021-01-01"] * 150 + [None] * 150, "too many of its dates are equal or missing"),
    ],
)
def test_dates_that_do_not_tell_rows_apart_are_said(
    wandering: tuple[SearchResult, Dataset], column: list[str | None], word: str
) -> None:
    trained, table = wandering
    other = replace(table, frame=table.frame.assign(day=pd.to_datetime(pd.Series(column))))
    found = validate_out_of_time(trained, other, CONFIG).forward
    assert found is not None
    assert word in found.text
    assert not found.metrics
    assert not found.level


def test_without_dates_or_with_a_split_of_its_own_there_is_no_look(
    wandering: tuple[SearchResult, Dataset],
) -> None:
    trained, table = wandering
    plain = replace(trained, forward=None)
    bare = replace(table, frame=table.frame.drop(columns="day"))
    assert validate_out_of_time(plain, bare, CONFIG) is plain
    spec = table.spec.model_copy(update={"validation": Validation(time="day")})
    assert validate_out_of_time(plain, replace(table, spec=spec), CONFIG) is plain


def test_a_fit_that_fails_ends_nothing(
    wandering: tuple[SearchResult, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("it cannot")

    trained, table = wandering
    monkeypatch.setattr("sklearn.base.clone", fails)
    found = validate_out_of_time(trained, table, CONFIG).forward
    assert found is not None
    assert "it cannot" in found.text


def test_classes_that_only_the_newest_rows_have_are_said_and_others_are_scored() -> None:
    steady = sales()
    steady["y"] = np.where(steady["x"] > 0, "up", "down")
    table = dataset(steady, "classification")
    trained = run_experiment(table, CONFIG)
    found = validate_out_of_time(trained, table, CONFIG).forward
    assert found is not None
    assert found.metrics["Accuracy"] > 0.95
    assert not found.level
    late = steady["day"] > steady["day"].sort_values().iloc[-10]
    newer = replace(table, frame=steady.assign(y=steady["y"].mask(late, "new")))
    found = validate_out_of_time(trained, newer, CONFIG).forward
    assert found is not None
    assert "no class new" in found.text


def test_an_auc_that_the_newest_rows_have_none_of_alarms_nobody() -> None:
    kinds = np.where(sales()["x"] > 0.5, "up", np.where(sales()["x"] < -0.5, "down", "flat"))
    frame = sales().assign(y=kinds)
    late = frame["day"] >= frame["day"].sort_values().iloc[-90]
    table = dataset(frame.assign(y=frame["y"].mask(late & (frame["y"] == "up"), "flat")))
    table = replace(table, spec=table.spec.model_copy(update={"task": "classification"}))
    config = CONFIG.model_copy(update={"metric": "AUC"})
    found = validate_out_of_time(run_experiment(table, config), table, config).forward
    assert found is not None
    assert found.text.startswith("Accuracy ")
    assert found.metrics["AUC"] != 0
