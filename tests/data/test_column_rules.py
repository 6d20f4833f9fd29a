"""The demands on each column: a value that would spoil a run is refused with place and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config.train_config import TrainConfig
from pipeline.data.column_rules import Needs
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.errors import ConfigError, DataError
from pipeline.tasks import CLASSIFICATION, REGRESSION, TASKS
from tests.data.tables import ROWS, each, plain, refusal, write


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("k", each(lambda i: "inf" if i in (2, 9) else i), "infinite or too large numbers in lin"),
        ("k", each(lambda i: "1e39" if i == 4 else i), "too large numbers in line 6"),
        ("y", each(lambda i: None if i in (3, 7) else i), "got no value in lines 5 and 9"),
        ("y", each(lambda i: "-inf" if i == 3 else i), "too large numbers in line 5"),
        ("y", each(lambda i: 7.5), "column 'y': got 7.5 in every row"),
    ],
)
def test_a_column_that_spoils_a_regression_is_refused(
    tmp_path: Path, column: str, values: list[Any], says: str
) -> None:
    text = str(refusal(tmp_path, plain(**{column: values}), task="regression"))
    assert says in text
    assert text.startswith("table.csv: column")


def test_a_constant_column_that_setup_names_is_refused(tmp_path: Path) -> None:
    setup = {"numeric_features": ["k"]}
    error = refusal(tmp_path, plain(k=[3] * ROWS), task="regression", setup=setup)
    assert "column 'k': got 3 in every row" in str(error)
    assert "[setup]" in str(error.hint)


@pytest.mark.parametrize("key", ["time", "group"])
def test_a_constant_column_that_is_to_split_the_rows_is_refused(tmp_path: Path, key: str) -> None:
    validation = {key: "k"}
    error = refusal(tmp_path, plain(k=[3] * ROWS), task="regression", validation=validation)
    assert "column 'k': got 3 in every row" in str(error)
    assert "[validation]" in str(error.hint)


def test_a_gap_among_whole_numbers_is_the_only_fault_of_a_target(tmp_path: Path) -> None:
    """One missing value makes floats of the classes 0 and 1, which is not the user's doing."""
    file = write(tmp_path, plain(y=each(lambda i: None if i == 1 else i % 2)))
    config = TrainConfig(data=file, target="y", task="classification")
    with pytest.raises(DataError, match="got no value in line 3") as caught:
        load_dataset(find_dataset(config), config)
    assert "expected text or whole numbers" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (each(lambda i: "a"), "got 'a' in every row, expected at least two classes"),
        (each(lambda i: 1), "got 1 in every row, expected at least two classes"),
        (each(lambda i: None if i == 1 else "ab"[i % 2]), "got no value in line 3"),
        (each(lambda i: "r" if i == 5 else "ab"[i % 2]), "1 row of class 'r', expected at least 3"),
        (each(lambda i: 9 if i < 2 else i % 2), "2 rows of class 9, expected at least 3"),
        (each(lambda i: i % 5), "12 rows of the largest class, expected at least 15"),
        (each(lambda i: i + 0.5), "got [0.5], expected text or whole numbers"),
        (each(lambda i: f"2020-01-{i % 2 + 1:02}"), None),
    ],
)
def test_a_target_that_spoils_a_classification_is_refused(
    tmp_path: Path, values: list[Any], says: str | None
) -> None:
    if says is None:  # dates as classes are text like any other
        config = TrainConfig(
            data=write(tmp_path, plain(y=values)), target="y", task="classification"
        )
        assert load_dataset(find_dataset(config), config).frame["y"].dtype == object
        return
    assert says in str(refusal(tmp_path, plain(y=values), task="classification"))


def test_more_than_a_hundred_classes_are_refused_without_talk_of_rare_ones(tmp_path: Path) -> None:
    error = refusal(tmp_path, plain(800, y=[f"class {i % 200}" for i in range(800)]))
    assert "got 200 classes, expected at most 100" in str(error)
    assert error.details["faults"] == (("y", "many classes"),)


def test_text_as_a_number_to_predict_is_refused_with_the_cells(tmp_path: Path) -> None:
    values = each(lambda i: "n/k" if i in (4, 6) else i)
    text = str(refusal(tmp_path, plain(y=values), task="regression"))
    assert "got 'n/k' in lines 6 and 8, expected numbers for a regression" in text


def test_one_value_beside_gaps_tells_rows_apart(tmp_path: Path) -> None:
    values = each(lambda i: "x" if i % 2 else None)
    config = TrainConfig(data=write(tmp_path, plain(k=values)), target="y")
    assert "k" in load_dataset(find_dataset(config), config).features


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_dates_are_no_target_of_either_task(task: Any, tmp_path: Path) -> None:
    days = [str(day.date()) for day in pd.date_range("2020-01-01", periods=120)]
    file = write(tmp_path, plain(120, y=days))
    config = TrainConfig(data=file, target="y", task=task)
    with pytest.raises(DataError, match="got dates such as '2020-01-01'") as caught:
        load_dataset(find_dataset(config), config)
    assert "--task" not in str(caught.value)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_a_target_without_any_value_is_missing_not_a_date(task: Any, tmp_path: Path) -> None:
    file = write(tmp_path, plain(y=each(lambda _: None)))
    config = TrainConfig(data=file, target="y", task=task, categorical=("y",))
    with pytest.raises(DataError, match="got no value in line"):
        load_dataset(find_dataset(config), config)


@pytest.mark.parametrize(
    ("classes", "allowed"),
    [
        (["no", "yes"], False),
        ([3, 5, 8], False),
        ([1, 2], False),
        ([-3, 0], False),
        ([0, 1], True),
        ([0, 1, 2], True),
        ([-1, 1], True),
    ],
)
def test_without_preprocessing_classes_are_places_among_the_probabilities(
    classes: list[Any], allowed: bool, tmp_path: Path
) -> None:
    file = write(tmp_path, plain(y=each(lambda i: classes[i % len(classes)])))
    on = TrainConfig(data=file, target="y", task="classification")
    assert load_dataset(find_dataset(on), on).frame["y"].nunique() == len(classes)
    off = on.model_copy(update={"setup": {"preprocess": False}})
    if allowed:
        assert load_dataset(find_dataset(off), off).frame["y"].nunique() == len(classes)
        return
    with pytest.raises(DataError, match=f"expected 0 to {len(classes) - 1}") as caught:
        load_dataset(find_dataset(off), off)
    assert "preprocess" in str(caught.value.hint)


@pytest.mark.slow
@pytest.mark.parametrize(("classes", "answers"), [((0, 2), False), ((-2, 0), True)])
def test_pycaret_itself_looks_classes_up_among_the_probabilities(
    classes: tuple[int, int], answers: bool
) -> None:
    from pycaret.classification import ClassificationExperiment

    frame = pd.DataFrame({"x": np.arange(60.0), "y": [*classes] * 30})
    experiment = ClassificationExperiment().setup(
        frame, target="y", preprocess=False, html=False, verbose=False, n_jobs=1
    )
    if answers:
        model = experiment.create_model("dt", cross_validation=False, verbose=False)
        assert len(experiment.predict_model(model, verbose=False))
        return
    with pytest.raises(IndexError):
        experiment.create_model("dt", cross_validation=False, verbose=False)


@pytest.mark.parametrize(
    ("fold", "share", "task", "needs"),
    [
        (10, 0.7, "regression", Needs(29, 3, 15)),
        (10, 0.7, "classification", Needs(20, 3, 15)),
        (3, 0.5, "regression", Needs(20, 4, 6)),
        (5, 0.9, "classification", Needs(20, 3, 6)),
    ],
)
def test_fewer_folds_and_a_larger_share_need_fewer_rows(
    fold: int, share: float, task: Any, needs: Needs
) -> None:
    assert Needs.of(TrainConfig(fold=fold, setup={"train_size": share}), TASKS[task]) == needs


def test_a_train_size_that_leaves_no_holdout_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected between 0 and 1"):
        Needs.of(TrainConfig(setup={"train_size": 1}), REGRESSION)


@pytest.mark.slow
@pytest.mark.parametrize(("rare", "trains"), [(3, True), (2, False)])
def test_the_rarest_class_allowed_is_the_rarest_pycaret_can_train_on(
    rare: int, trains: bool
) -> None:
    import numpy as np
    import pandas as pd
    from pycaret.classification import ClassificationExperiment

    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat(["a", "b", "c"], [60, 30, rare]))
    frame = pd.DataFrame({"x": rng.normal(size=len(labels)), "y": labels})
    made = ClassificationExperiment().setup(
        frame, target="y", session_id=1, n_jobs=1, html=False, verbose=False, system_log=False
    )
    search = {"include": ["lr"], "errors": "raise", "verbose": False}
    assert (rare >= Needs.of(TrainConfig(), CLASSIFICATION).one_class) is trains
    if trains:
        made.compare_models(**search)
    else:
        with pytest.raises(RuntimeError, match="previously unseen labels"):
            made.compare_models(**search)
