"""`python -m pipeline.plan`: what converts, said before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config.train_config import TrainConfig
from pipeline.convert.support.caveat import CaveatKind
from pipeline.convert.support.caveats import CAVEATS
from pipeline.data.dataset import Dataset, find_dataset, load_dataset
from pipeline.errors import ConversionError
from pipeline.plan.plan import ConversionPlan, Verdict, format_setting, plan_conversion

REFUSED = {"encoding_method": "HashingEncoder"}


def planned(**settings: object) -> ConversionPlan:
    config = TrainConfig(dataset="insurance", **settings)
    return plan_conversion(config, find_dataset(config))


@pytest.mark.parametrize(
    ("method", "verdict"), [("sigmoid", Verdict.exact), ("isotonic", Verdict.noted)]
)
def test_a_calibration_by_steps_is_noted(method: str, verdict: Verdict) -> None:
    settings = TrainConfig(dataset="juice", include=("nb",), calibrate={"method": method})
    (step,) = plan_conversion(settings, find_dataset(settings)).of("step")
    assert step.verdict is verdict


def test_a_training_logs_its_plan_unless_all_is_exact(caplog: pytest.LogCaptureFixture) -> None:
    for models in (("lr",), ("lr", "knn")):
        with caplog.at_level("INFO"):
            planned(include=models).announce()
    (record,) = caplog.records
    assert record.getMessage() == "plan: exact with a note: knn; python -m pipeline.plan says why"


def test_the_worst_judgement_is_the_verdict() -> None:
    assert planned(include=("lr",)).verdict is Verdict.exact
    assert planned(include=("lr", "knn")).verdict is Verdict.noted
    assert planned(include=("lr", "knn"), setup=REFUSED).verdict is Verdict.refused


def test_every_step_makes_models_that_have_a_converter() -> None:
    """What the plan calls exact must have one: the classes that PyCaret composes of."""
    from pipeline.convert.estimators.dispatch import load_converters

    made = ("Voting", "Stacking", "Bagging", "AdaBoost")
    expected = {f"sklearn.{kind}{task}" for kind in made for task in ("Classifier", "Regressor")}
    expected |= {"sklearn.CalibratedClassifierCV", "pycaret.CustomProbabilityThresholdClassifier"}
    assert expected <= load_converters().keys()


REFUSALS: tuple[tuple[str, Any], ...] = (
    *((f"{kind}_iterative_imputer", "KNN") for kind in ("numeric", "categorical")),
    *((f"{kind}_iterative_imputer", "catboost") for kind in ("numeric", "categorical")),
    ("numeric_iterative_imputer", "lr"),
    ("custom_pipeline", {"class": "sklearn.decomposition.NMF", "n_components": 2}),
    ("encoding_method", {"class": "category_encoders.HashingEncoder"}),
    ("create_date_columns", ["date"]),
)
"""One value for each row of the table."""


def refused(**setup: Any) -> ConversionPlan:
    return planned(setup=setup)


@pytest.mark.parametrize(("argument", "value"), REFUSALS)
def test_every_refusal_raises_with_its_reason_and_an_alternative(argument: str, value: Any) -> None:
    plan = refused(**{argument: value})
    (row,) = plan.refusals
    with pytest.raises(ConversionError) as raised:
        plan.refuse()
    assert (
        f"{argument} = {format_setting(plan.config.setup[argument])} ({row.text})"
        in raised.value.message
    )
    assert f"{argument}: {row.instead}" in raised.value.hint
    assert "--no-onnx" in raised.value.hint
    assert raised.value.exit_code == 4
    assert row.text in plan.reason
    assert plan.instead == f"{argument}: {row.instead}"


def test_every_row_of_the_table_refuses_an_option() -> None:
    found = [row for argument, value in REFUSALS for row in refused(**{argument: value}).refusals]
    assert found == [row for row in CAVEATS if row.kind is CaveatKind.refused_option]


def test_every_refused_argument_is_named_at_once() -> None:
    found = dict(REFUSALS)
    with pytest.raises(ConversionError) as raised:
        refused(**found).refuse()
    assert set(raised.value.details["arguments"]) == found.keys()
    refused(train_size=0.8).refuse()


def test_a_run_with_a_graph_switched_off_says_so() -> None:
    plan = planned(onnx=False)
    assert (plan.reason, plan.instead) == ("switched off", "train without --no-onnx")


def fitted(rows: int, **settings: Any) -> ConversionPlan:
    """The plan for a made table of two classes."""
    config = TrainConfig(dataset="juice", **settings)
    spec = find_dataset(config)
    frame = pd.DataFrame({"x": 1.0, spec.target: np.arange(rows) % 2})
    return plan_conversion(config, spec).fit_to(Dataset(spec, frame, "", spec.file))


def test_a_model_that_the_table_rules_out_is_left_out_aloud(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level("WARNING"):
        plan = fitted(20_000, include=("gpc", "lr"))
    assert plan.config.include == plan.models == ("lr",)
    assert "left out on 20,000 rows: gpc: it keeps a matrix" in caplog.text
    assert "--no-onnx" in caplog.text
    slow = fitted(20_000, compare={"turbo": False}, exclude=("lr",))
    assert slow.config.exclude == ("lr", "gpc")
    assert fitted(20_000, include=("gpc", "lr"), onnx=False).config.include == ("gpc", "lr")


def test_a_run_is_as_it_was_where_no_limit_is_reached() -> None:
    assert fitted(100, include=("gpc",)).config.include == ("gpc",)
    assert fitted(20_000).config == TrainConfig(dataset="juice")


def test_a_run_without_a_candidate_left_is_refused() -> None:
    with pytest.raises(ConversionError, match="any candidate on 20,000 rows: gpc: ") as raised:
        fitted(20_000, include=("gpc",))
    assert "fewer rows" in raised.value.hint
    assert "--no-onnx" in raised.value.hint


def test_what_a_table_tells_is_added(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    rows = [f"2021-01-{i % 28 + 1:02},{'<a[b]c'[i % 3 :: 3]},{i}" for i in range(60)]
    file.write_text("day,city,y\n" + "\n".join(rows) + "\n", "utf-8")
    config = TrainConfig(data=file, target="y", task="regression")
    plan = plan_conversion(config, find_dataset(config))
    assert (plan.columns, plan.warnings) == ((), ())
    plan = plan.add_table(load_dataset(plan.spec, config))
    assert plan.by_kind == {"date": ["day"], "text": ["city"]}
    assert any("'<b' in 'city'" in text for text in plan.warnings)
    assert any("no date" in text for text in plan.warnings)


def test_the_steps_of_a_composed_model_are_listed_in_order() -> None:
    found = planned(include=("lr", "dt"), tune={"n_iter": 3}, blend={"top": 2})
    steps = [(step.name, step.value) for step in found.of("step")]
    assert steps == [("tune", "n_iter = 3"), ("blend", "top = 2")]
