"""`[validation]`: forward in time or groups apart, and for the rest PyCaret's own search."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.automl.experiment import run_experiment
from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.automl.setup import set_up
from pipeline.automl.split import make_split
from pipeline.config.train_config import DatasetSpec, TrainConfig
from pipeline.config.validation import Validation
from pipeline.data.dataset import Dataset, find_dataset, load_dataset
from pipeline.errors import ConfigError, DataError

MODELS = ("lr", "dt")


@pytest.fixture(scope="module", autouse=True)
def caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chdir(tmp_path_factory.mktemp("work")), isolate_pycaret() as folder:
        yield folder


def visits(groups: int = 9, each: int = 20) -> pd.DataFrame:
    """Rows of some shops in no order of time, with a signal that any model finds."""
    random = np.random.default_rng(3)
    rows = groups * each
    frame = pd.DataFrame(
        {
            "shop": np.repeat([f"shop {k}" for k in range(groups)], each),
            "day": pd.date_range("2021-01-01", periods=rows).to_numpy()[random.permutation(rows)],
            "x": random.normal(size=rows).round(3),
        }
    )
    frame["y"] = (3 * frame["x"] + random.normal(size=rows)).round(3)
    return frame


def written(folder: Path, frame: pd.DataFrame) -> Path:
    file = folder / "visits.csv"
    frame.to_csv(file, index=False)
    return file


def loaded(folder: Path, frame: pd.DataFrame, **options: Any) -> tuple[Dataset, TrainConfig]:
    values = {"target": "y", "task": "regression", "fold": 3, "include": MODELS, **options}
    config = TrainConfig(data=written(folder, frame), **values)
    return load_dataset(find_dataset(config), config), config


def by_hand(frame: pd.DataFrame, caches: str, **options: Any) -> Any:
    from pycaret.regression import RegressionExperiment

    quiet = {"html": False, "verbose": False, "memory": caches, "n_jobs": 1}
    kinds = {"date_features": ["day"], "categorical_features": ["shop"]}
    kinds = {key: [c for c in columns if c in frame] for key, columns in kinds.items()}
    experiment = RegressionExperiment()
    experiment.setup(frame, target="y", session_id=1, fold=3, **quiet, **kinds, **options)
    experiment.compare_models(include=list(MODELS), verbose=False)
    return experiment


def assert_same_board(mine: pd.DataFrame, experiment: Any) -> None:
    theirs = experiment.pull().drop(columns="TT (Sec)")
    pd.testing.assert_frame_equal(mine.drop(columns="TT (Sec)"), theirs, check_exact=True)


def test_forward_in_time_is_what_pycaret_gives_for_sorted_rows(tmp_path: Path, caches: str) -> None:
    dataset, config = loaded(tmp_path, visits(), validation={"time": "day"})
    trained = run_experiment(dataset, config)
    rows = dataset.frame.sort_values("day", kind="stable")
    theirs = by_hand(rows, caches, data_split_shuffle=False, fold_strategy="timeseries")
    assert_same_board(trained.leaderboard, theirs)
    held = dataset.frame.loc[trained.experiment.X_test.index, "day"]
    assert held.min() > dataset.frame.loc[trained.experiment.X_train.index, "day"].max()
    assert list(theirs.X_test.index) == list(trained.experiment.X_test.index)
    assert trained.held_out.startswith(f"the last {len(held)} of 180 rows by day, from 2021-05")


@pytest.mark.parametrize(
    "options",
    [
        {"validation": {"group": "shop"}},
        pytest.param(
            {"validation": {"group": "shop"}, "ignore": ("shop",)}, marks=pytest.mark.long
        ),
        pytest.param(
            {"setup": {"fold_strategy": "groupkfold", "fold_groups": "shop"}},
            marks=pytest.mark.long,
        ),
        {"setup": {"fold_strategy": "groupkfold", "fold_groups": "shop"}, "ignore": ("shop",)},
    ],
)
def test_groups_are_what_pycaret_gives_for_a_holdout_of_groups(
    tmp_path: Path, caches: str, options: dict[str, Any]
) -> None:
    dataset, config = loaded(tmp_path, visits(), **options)
    trained = run_experiment(dataset, config)
    assert ("shop" in dataset.features) == ("ignore" not in options)
    parts = make_split(dataset, config)
    assert parts is not None
    training, holdout = (dataset.frame.iloc[places] for places in (parts.training, parts.holdout))
    groups = dataset.values("shop")
    theirs = by_hand(
        *(training, caches),
        test_data=holdout,
        fold_strategy="groupkfold",
        fold_groups=groups,
    )
    assert_same_board(trained.leaderboard, theirs)
    sides = [set(groups.loc[part.index]) for part in (training, holdout)]
    assert not sides[0] & sides[1]
    assert sides[0] | sides[1] == set(groups)
    assert set(trained.experiment.X_test.index) == set(holdout.index)
    assert "groups by shop, none of them trained on" in trained.held_out


def made(groups: list[Any], *, task: str = "regression", fold: int = 2) -> Any:
    """A table with these groups beside it, and its settings."""
    random = np.random.default_rng(0)
    target = random.normal(size=len(groups)) if task == "regression" else ["a", "b"]
    frame = pd.DataFrame(
        {"x": random.normal(size=len(groups)), "y": np.resize(target, len(groups))}
    )
    validation = Validation(group="g")
    spec = DatasetSpec(
        name="t", task=task, target="y", file=Path("t"), ignore=("g",), validation=validation
    )
    beside = pd.DataFrame({"g": groups})
    return Dataset(spec, frame, "0" * 64, Path("t"), beside=beside), TrainConfig(fold=fold)


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.one_of(st.integers(-3, 9), st.text(max_size=2)), min_size=60, max_size=120),
    st.sampled_from(["regression", "classification"]),
)
def test_no_group_is_on_both_sides_of_the_holdout_or_of_any_fold(
    words: list[Any], task: str
) -> None:
    groups = [str(word) for word in words] + ["one", "two", "three"]
    dataset, config = made(groups, task=task)
    parts = make_split(dataset, config)
    assert parts is not None
    assert sorted(parts.order) == list(range(len(groups)))
    values = dataset.values("g")
    assert not set(values.iloc[parts.training]) & set(values.iloc[parts.holdout])
    with isolate_pycaret() as folder:
        experiment = set_up(dataset, config, folder)
    assert list(experiment.X_test.index) == list(parts.holdout)
    rows = experiment.X_train
    known = experiment._get_groups(None, data=rows)
    for training, held in experiment.fold_generator.split(rows, experiment.y_train, known):
        sides = [set(values.loc[rows.index[places]]) for places in (training, held)]
        assert not sides[0] & sides[1]


def test_a_holdout_of_unequal_groups_is_near_the_share() -> None:
    groups = ["big"] * 100 + [f"small {k % 20}" for k in range(100)]
    dataset, config = made(groups)
    parts = make_split(dataset, config)
    assert parts is not None
    assert 20 <= len(parts.holdout) <= 100


def test_a_class_that_one_group_has_alone_is_trained_on() -> None:
    dataset, config = made([f"g{k // 10}" for k in range(100)], task="classification")
    dataset.frame.loc[dataset.beside["g"] == "g3", "y"] = "rare"
    for seed in range(5):
        parts = make_split(dataset, config.model_copy(update={"seed": seed}))
        assert parts is not None
        assert "rare" in set(dataset.frame["y"].iloc[parts.training])


def test_text_is_sorted_as_text_which_is_said(tmp_path: Path) -> None:
    frame = visits()
    frame["day"] = [f"week {k // 5:02d}" for k in range(len(frame))]
    dataset, config = loaded(tmp_path, frame, validation={"time": "day"}, include=("dt",), fold=2)
    said = run_experiment(dataset, config).held_out
    assert "rows by day, as text, from week 25" in said
    assert "to week 35" in said


MONTHS = ("January", "February", "March", "April", "May", "June")


@pytest.mark.parametrize(
    "written",
    [
        lambda k: f"week {k // 5}",
        lambda k: f"2020-W{1 + k // 5}",
        lambda k: MONTHS[k // 30],
        lambda k: f"{MONTHS[k // 30]} 2020",
        lambda k: f"{1 + k // 30:02d}/{1 + k % 12:02d}/2020",
        lambda k: f"Q{1 + k // 60} 2020",
    ],
)
def test_text_that_does_not_sort_by_time_is_refused(tmp_path: Path, written: Any) -> None:
    frame = visits()
    frame["day"] = [written(k) for k in range(len(frame))]
    dataset, config = loaded(tmp_path, frame, validation={"time": "day"})
    with pytest.raises(DataError, match="text that sorts by time") as raised:
        make_split(dataset, config)
    assert raised.value.hint


@pytest.mark.parametrize("form", ["2020-Q{0}", "FY{1:02d}", "{1:02d}", "week {1:03d} of 2020"])
def test_text_that_sorts_by_time_is_taken(tmp_path: Path, form: str) -> None:
    frame = visits()
    frame["day"] = [form.format(1 + k // 50, k // 5) for k in range(len(frame))]
    dataset, config = loaded(tmp_path, frame, validation={"time": "day"}, categorical=("day",))
    if form.endswith("2020"):  # the year comes last: nobody sorts by that
        with pytest.raises(DataError):
            make_split(dataset, config)
    else:
        assert make_split(dataset, config) is not None


def test_equal_times_stay_on_one_side(tmp_path: Path) -> None:
    frame = visits()
    frame["day"] = np.arange(len(frame)) // 7
    dataset, config = loaded(tmp_path, frame, validation={"time": "day"})
    parts = make_split(dataset, config)
    assert parts is not None
    days = dataset.frame["day"]
    assert days.iloc[parts.training].max() < days.iloc[parts.holdout].min()
    assert abs(len(parts.training) - 126) <= 4


@pytest.mark.parametrize(
    ("changes", "options", "text"),
    [
        ({"day": [None, *range(179)]}, {"validation": {"time": "day"}}, "in 1 of 180 rows"),
        ({"shop": [None, *range(179)]}, {"validation": {"group": "shop"}}, "data row 1"),
        ({"day": [1] * 170 + [2] * 10}, {"validation": {"time": "day"}}, "170 of 180 rows"),
        ({"shop": [1, 2, 3] * 60}, {"validation": {"group": "shop"}}, "got 3 different values"),
        ({}, {"validation": {"time": "day"}, "fold": 63}, "rows to train on"),
    ],
)
def test_what_cannot_be_split_is_refused(
    tmp_path: Path, changes: dict[str, Any], options: dict[str, Any], text: str
) -> None:
    dataset, config = loaded(tmp_path, visits().assign(**changes), **options)
    with pytest.raises(DataError, match=text) as err:
        make_split(dataset, config)
    assert err.value.hint


def test_a_class_that_comes_later_is_refused(tmp_path: Path) -> None:
    frame = visits().sort_values("day")
    frame["y"] = ["old", "older"] * 80 + ["new", "old"] * 10
    dataset, config = loaded(
        *(tmp_path, frame), task="classification", validation={"time": "day"}, include=("dt",)
    )
    with pytest.raises(DataError, match="no row of class new outside the holdout"):
        make_split(dataset, config)


def test_folds_that_train_on_one_class_are_refused(tmp_path: Path, caches: str) -> None:
    frame = visits().sort_values("day")
    frame["y"] = ["a"] * 60 + ["a", "b"] * 60
    dataset, config = loaded(tmp_path, frame, task="classification", validation={"time": "day"})
    with pytest.raises(DataError, match=r"fold 1 trains on .* rows of one class"):
        set_up(dataset, config, caches)


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (0, "10 of the 42 rows that fold 1 predicts"),
        (32, "10 of the 42 rows that fold 1 predicts"),
        (150, "10 of the 55 rows of the holdout"),
    ],
)
def test_folds_without_dates_are_refused_before_the_search(
    tmp_path: Path, caches: str, first: int, says: str
) -> None:
    """Few are missing in all, and where they stand together PyCaret fails every model."""
    frame = visits().assign(other=pd.Timestamp("2021-05-06"))
    frame.loc[first : first + 9, "day"] = pd.NaT
    dataset, config = loaded(tmp_path, frame, setup={"data_split_shuffle": False})
    with pytest.raises(DataError, match=f"column 'day' has no date in {says}") as caught:
        set_up(dataset, config, caches)
    assert "--ignore 'day'" in str(caught.value.hint)
    set_up(*loaded(tmp_path, frame, setup={"data_split_shuffle": False}, ignore=["day"]), caches)


@pytest.mark.parametrize("named", [True, False])
def test_folds_that_predict_what_they_have_not_trained_on(
    tmp_path: Path, caches: str, caplog: pytest.LogCaptureFixture, named: bool
) -> None:
    """PyCaret fails every model where it encodes the classes' names, and only then."""
    frame = visits().sort_values("day")
    frame["y"] = [0, 1] * 40 + [0, 1, 2, 2] * 25
    if named:
        frame["y"] = frame["y"].map({0: "a", 1: "b", 2: "late"})
    options: dict[str, Any] = {"task": "classification", "validation": {"time": "day"}}
    dataset, config = loaded(tmp_path, frame, **options, include=("dt",))
    if named:
        with pytest.raises(DataError, match="fold 2 has no row of class late to train on") as err:
            set_up(dataset, config, caches)
        assert "--fold" in str(err.value.hint)
    else:
        trained = run_experiment(dataset, config)
        assert trained.candidates[0].metrics
        assert "has no row of class 2 to train on" in caplog.text


def test_a_spec_says_it_too_and_the_config_wins(tmp_path: Path) -> None:
    written(tmp_path, visits())
    spec = tmp_path / "visits.toml"
    spec.write_text(
        'name = "visits"\ntask = "regression"\ntarget = "y"\nfile = "visits.csv"\n'
        'ignore = ["day"]\n[validation]\ntime = "day"\n'
    )
    found = find_dataset(TrainConfig(dataset=str(spec)))
    assert found.validation == Validation(time="day")
    assert "day" not in load_dataset(found).features
    other = TrainConfig(dataset=str(spec), validation={"group": "shop"})
    assert find_dataset(other).validation == Validation(group="shop")
    with pytest.raises(ConfigError, match=r"\[validation\] time and \[setup\] fold_strategy"):
        find_dataset(TrainConfig(dataset=str(spec), setup={"fold_strategy": "kfold"}))


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'shopp'") as err:
        loaded(tmp_path, visits(), validation={"group": "shopp"})
    assert "'shop'" in err.value.hint
