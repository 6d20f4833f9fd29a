"""The tables of arguments, models and metrics against the installed PyCaret."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from pipeline.config import pycaret_arguments
from pipeline.config.sections import FUNCTIONS, OURS, OWNED, STEPS, Section
from pipeline.errors import ConfigError
from pipeline.tasks import TASKS, TaskName

SECTIONS: tuple[Section, ...] = tuple(FUNCTIONS)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("section", SECTIONS)
def test_the_parsed_signature_is_pycarets_own(task: TaskName, section: Section) -> None:
    function = getattr(TASKS[task].new_experiment(), FUNCTIONS[section], None)
    assert (function is None) == (section in TASKS[task].lacks)
    if function is None:
        assert not pycaret_arguments._signature(section, task)
        return
    names = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    assert list(pycaret_arguments._signature(section, task)) == names


@pytest.mark.parametrize("section", SECTIONS)
def test_every_owned_argument_is_one_of_pycaret(section: Section) -> None:
    known = {name for task in TASKS for name in pycaret_arguments._signature(section, task)}
    assert OWNED[section].keys() <= known
    assert not OURS.get(section, {}).keys() & known


def test_every_section_is_the_set_up_the_comparison_or_a_step() -> None:
    assert ("setup", "compare", *STEPS) == SECTIONS == tuple(OWNED)


def test_the_keys_of_the_threshold_search_are_those_of_scipy() -> None:
    from scipy.optimize import shgo

    taken = inspect.signature(shgo).parameters
    ours = OURS["threshold"].keys() - {"probability_threshold"}
    # the rest takes Python objects
    assert ours == taken.keys() - {"func", "bounds", "args", "constraints", "callback", "workers"}


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_model_ids_and_metrics_are_those_pycaret_lists(task: TaskName) -> None:
    import pandas as pd

    frame = pd.DataFrame({"a": range(60), "y": [0, 1] * 30})
    made = (
        TASKS[task]
        .new_experiment()
        .setup(
            frame, target="y", session_id=1, n_jobs=1, html=False, verbose=False, system_log=False
        )
    )
    metrics = made.get_metrics()
    assert set(TASKS[task].models) == set(made.models().index)
    assert {m.id: m.column for m in TASKS[task].metrics} == dict(metrics["Display Name"])
    assert {m.id: not m.is_loss for m in TASKS[task].metrics} == dict(metrics["Greater is Better"])
    takes = {m.id: "pred_proba" if m.of_probabilities else "pred" for m in TASKS[task].metrics}
    assert takes == dict(metrics["Target"])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("section", SECTIONS)
def test_every_default_that_toml_can_write_passes_its_own_check(
    task: TaskName, section: Section
) -> None:
    if section in TASKS[task].lacks:
        return
    function = getattr(TASKS[task].new_experiment(), FUNCTIONS[section])
    for name, parameter in inspect.signature(function).parameters.items():
        if name in OWNED[section] or not isinstance(parameter.default, bool | int | float | str):
            continue
        assert pycaret_arguments.check_arguments(section, {name: parameter.default}, task) == {
            name: parameter.default
        }


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("setup", "train_size", 0.8),
        ("setup", "numeric_imputation", 0),
        ("setup", "numeric_imputation", "median"),
        ("setup", "ordinal_features", {"size": ["S", "M", "L"]}),
        ("setup", "bin_numeric_features", ["age"]),
        ("setup", "group_features", {"prices": ["a", "b"]}),
        ("setup", "create_date_columns", ["day", "weekday"]),
        ("setup", "pca_components", 0.9),
        ("setup", "n_features_to_select", 5),
        ("setup", "low_variance_threshold", 0.1),
        ("setup", "fold_strategy", "timeseries"),
        ("setup", "data_split_stratify", ["region"]),
        ("setup", "engine", {"lr": "sklearn"}),
        ("compare", "budget_time", 2),
        ("compare", "turbo", False),
        ("compare", "fit_kwargs", {"sample_weight": 1}),
        ("tune", "n_iter", 5),
        ("tune", "custom_grid", {"alpha": [1, 2]}),
        ("tune", "early_stopping", "asha"),
        ("ensemble", "method", "Boosting"),
        ("blend", "weights", [1, 0.5]),
        ("blend", "models", ["lr", "dt"]),
        ("stack", "meta", "lr"),
        ("calibrate", "calibrate_fold", 3),
        ("threshold", "options", {"maxiter": 2}),
    ],
)
def test_what_toml_can_say_reaches_pycaret_unchanged(section: Section, name, value) -> None:
    assert pycaret_arguments.check_arguments(section, {name: value}, None) == {name: value}


def test_the_text_none_stands_for_none_where_pycaret_takes_none() -> None:
    assert pycaret_arguments.check_arguments("setup", {"imputation_type": "none"}, None) == {
        "imputation_type": None
    }
    assert pycaret_arguments.check_arguments("setup", {"imputation_type": None}, None) == {
        "imputation_type": None
    }


@pytest.mark.parametrize(
    ("section", "values", "says"),
    [
        ("setup", {"normalise": True}, "Did you mean 'normalize'?"),
        ("setup", {"PCA": True}, "Did you mean 'pca'?"),
        ("compare", {"tubro": True}, "Did you mean 'turbo'?"),
        ("tune", {"n_itr": 3}, "Did you mean 'n_iter'?"),
        ("setup", {"normalize": 1}, "got 1 (a whole number), expected true or false"),
        ("setup", {"normalize": "yes"}, "got 'yes' (text), expected true or false"),
        ("setup", {"train_size": True}, "got True (true or false), expected a number"),
        ("setup", {"bin_numeric_features": ["a", 1]}, "expected Optional[List[str]]"),
        ("setup", {"bin_numeric_features": "a"}, "got 'a' (text), expected a list"),
        ("setup", {"session_id": 5}, "use the key `seed`"),
        ("setup", {"fold": 5}, "use the key `fold`"),
        ("setup", {"n_jobs": 1}, "the pipeline lays out the threads itself"),
        ("setup", {"log_experiment": True}, "the pipeline logs to MLflow itself"),
        ("setup", {"ignore_features": ["a"]}, "use the key `ignore`"),
        ("setup", {"include": ["lr"]}, "use the key `include` at the top"),
        ("setup", {"n_iter": 3}, "Put it under [tune]"),
        ("compare", {"normalize": True}, "Put it under [setup]"),
        ("compare", {"sort": "R2"}, "use the key `metric`"),
        ("compare", {"include": ["lr"]}, "use the key `include`"),
        ("compare", {"parallel": "x"}, "spreads the models over processes itself"),
        ("tune", {"optimize": "R2"}, "use the key `metric`"),
        ("setup", {"custom_pipeline": ["PAC"]}, "Did you mean 'PCA'?"),
        ("setup", {"encoding_method": "Hash"}, "expected a class of category_encoders"),
        ("tune", {"custom_scorer": "f"}, "A TOML file cannot hold one"),
        ("blend", {"estimator_list": ["lr"]}, "use `top` for the first of the leaderboard"),
        ("blend", {"tpo": 3}, "Did you mean 'top'?"),
        ("blend", {"weights": ["a"]}, "expected Optional[List[float]]"),
        ("stack", {"meta_model": "lr"}, "use the key `meta`"),
        ("stack", {"top": "3"}, "expected a whole number"),
        ("ensemble", {"probability_threshold": 0.3}, "under [threshold]"),
        ("calibrate", {"fit_kwargs": {}}, "PyCaret cannot cross-validate"),
        ("threshold", {"return_data": True}, "keeps the model only"),
    ],
)
def test_what_pycaret_or_toml_cannot_take_is_refused_in_words(
    section: Section, values: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        pycaret_arguments.check_arguments(section, values, None)
    assert says in str(caught.value)
    assert f"[{section}] {next(iter(values))}" in str(caught.value)


def test_an_argument_of_the_other_task_is_named_as_such() -> None:
    assert pycaret_arguments.check_arguments("setup", {"fix_imbalance": True}, None)
    with pytest.raises(ConfigError, match="for classification only"):
        pycaret_arguments.check_arguments("setup", {"fix_imbalance": True}, "regression")
    with pytest.raises(ConfigError, match=r"\[blend\] method.*for classification only"):
        pycaret_arguments.check_arguments("blend", {"method": "soft"}, "regression")
    with pytest.raises(ConfigError, match=r"\[calibrate\]: got a section for classification"):
        pycaret_arguments.check_arguments("calibrate", {}, "regression")
    with pytest.raises(ConfigError, match="for regression only"):
        pycaret_arguments.check_arguments("setup", {"transform_target": True}, "classification")


def test_checking_arguments_loads_nothing_heavy() -> None:
    code = (
        "import sys, pipeline.config.train_config as c;"
        "c.read_config(setup={'normalize': True}, compare={'turbo': False}, tune={'n_iter': 3});"
        "heavy = {'pycaret', 'pandas', 'numpy', 'mlflow', 'sklearn'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
