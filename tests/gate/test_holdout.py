"""The holdout is the same rows every week, and a training leaves behind which rows it has seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.train_config import TrainConfig
from pipeline.config.validation import Validation
from pipeline.data.dataset import Dataset, find_dataset, load_dataset
from pipeline.errors import DataError
from pipeline.gate import holdout
from pipeline.gate.row_hash import hash_rows
from pipeline.registry.download import READ
from tests.data.tables import plain, write
from tests.tables import dataset, everything

TABLES = ("insurance", "titanic", "penguins", "juice")


def numbers(frame: pd.DataFrame) -> set[int]:
    return set(hash_rows(frame).tolist())


@pytest.mark.parametrize("name", TABLES)
def test_the_two_parts_make_the_whole(name: str) -> None:
    whole = dataset(name)
    rest, held = holdout.split_holdout(whole, 0.2)
    assert (rest.spec, rest.sha256) == (whole.spec, whole.sha256)
    kinds = [[(column.name, column.kind) for column in part.inputs] for part in (rest, whole)]
    assert kinds[0] == kinds[1]
    assert list(held) == list(whole.frame)
    assert len(rest.frame) + len(held) == len(whole.frame)
    assert not numbers(rest.frame) & numbers(held)
    for part in (rest.frame, held):
        assert part.index.equals(pd.RangeIndex(len(part)))
        assert part.dtypes.equals(whole.frame.dtypes)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.9])
def test_the_share_is_close_to_the_wished_one(share: float) -> None:
    frame = pd.DataFrame({"x": np.arange(50_000), "y": "a"})
    spread = np.sqrt(share * (1 - share) / len(frame))
    assert abs(holdout.select_held_out(frame, share).mean() - share) < 5 * spread


def test_a_larger_share_holds_out_the_same_rows_and_more() -> None:
    frame = dataset("insurance").frame
    less, more = (holdout.select_held_out(frame, share) for share in (0.1, 0.3))
    assert (more | ~less).all()
    assert more.sum() > less.sum()


@settings(deadline=None, max_examples=30)
@given(st.randoms(use_true_random=False), st.integers(1, 200))
def test_a_row_stays_on_its_side_when_the_table_grows(random: Any, count: int) -> None:
    frame = everything("regression").frame
    week = frame.sample(count, random_state=random.randrange(2**32))
    held = pd.Series(holdout.select_held_out(frame, 0.3), index=frame.index)
    assert (holdout.select_held_out(week, 0.3) == held.loc[week.index]).all()


def test_equal_rows_fall_on_one_side() -> None:
    frame = dataset("penguins").frame
    twice = pd.concat([frame, frame.sample(frac=1, random_state=1)])
    held = pd.Series(holdout.select_held_out(twice, 0.4), index=twice.index)
    assert (held.groupby(level=0).nunique() == 1).all()


def test_a_column_that_becomes_float_moves_no_row(tmp_path: Path) -> None:
    table = plain(rows=100, whole=[i % 7 for i in range(100)])
    gaps = plain(rows=101, whole=[*(i % 7 for i in range(100)), None])
    first, second = (_loaded(tmp_path, t) for t in (table, gaps))
    assert (first.frame["whole"].dtype, second.frame["whole"].dtype) == (np.int64, np.float64)
    assert (
        holdout.select_held_out(second.frame, 0.3)[:100]
        == holdout.select_held_out(first.frame, 0.3)
    ).all()


def _loaded(folder: Path, table: Any, **settings: Any) -> Dataset:
    config = TrainConfig(data=write(folder, table), target="y", **settings)
    return load_dataset(find_dataset(config), config)


def test_what_is_left_must_be_enough(tmp_path: Path) -> None:
    small = _loaded(tmp_path, plain(rows=30), task="regression", fold=3)
    config = TrainConfig(fold=3)
    assert len(holdout.split_holdout(small, 0.1, config)[0].frame) >= 20
    with pytest.raises(
        DataError, match=r"holdout of 60% of the rows: table.csv: got 1. rows"
    ) as err:
        holdout.split_holdout(small, 0.6, config)
    assert "smaller `holdout` under [gate] than 0.6" in err.value.hint
    assert err.value.exit_code == 3


def _classes(folder: Path, rare: int) -> Dataset:
    words = ["rare"] * rare + ["ab"[i % 2] for i in range(100 - rare)]
    return _loaded(folder, plain(rows=100, y=words), task="classification", fold=3)


def test_every_class_must_be_left_often_enough(tmp_path: Path) -> None:
    table = _classes(tmp_path, 3)
    rare = table.frame["y"] == "rare"
    shares = np.linspace(0.05, 0.95, 19)
    told = [_refusal(table, share) for share in shares]
    left = [int((rare & ~holdout.select_held_out(table.frame, share)).sum()) for share in shares]
    assert {0, 1, 3} <= set(left)  # or the test shows nothing
    for text, count in zip(told, left, strict=True):
        if count == 0:
            assert "got no row of class 'rare'" in text
        elif count < 3:
            assert "of class 'rare', expected at least 3" in text
    assert not told[0]


def _refusal(table: Dataset, share: float) -> str:
    try:
        holdout.split_holdout(table, share, TrainConfig(fold=3))
    except DataError as err:
        return str(err)
    return ""


def test_a_column_whose_only_other_value_is_held_out_is_named(tmp_path: Path) -> None:
    table = _loaded(tmp_path, plain(rows=100), task="regression", fold=3)
    flagged = (table.frame.assign(x=np.where(np.arange(100) == k, 3.0, 0.0)) for k in range(100))
    lone = next(f for f in flagged if holdout.select_held_out(f, 0.2)[f["x"] == 3.0].all())
    with pytest.raises(DataError, match=r"column 'x': got 0\.0 in every row"):
        holdout.split_holdout(replace(table, frame=lone), 0.2, TrainConfig(fold=3))


def test_what_was_seen_is_read_again(tmp_path: Path) -> None:
    frame = everything("classification").frame
    holdout.write_seen_rows(tmp_path, frame.head(150))
    seen = holdout.read_seen_rows(tmp_path)
    assert seen is not None
    assert seen.columns == tuple(frame)
    assert seen.among(frame).tolist() == [True] * 150 + [False] * 250
    assert seen.among(frame.assign(new=1).iloc[::-1]).tolist() == [False] * 250 + [True] * 150
    assert seen.among(frame.drop(columns="when")) is None
    assert holdout.FILE.parts[0] in READ  # so that fetching a run brings it


def test_hashes_that_were_damaged_are_not_believed(tmp_path: Path) -> None:
    holdout.write_seen_rows(tmp_path, dataset("insurance").frame)
    file = tmp_path / holdout.FILE
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert holdout.read_seen_rows(tmp_path) is None


def test_eight_bytes_a_row(tmp_path: Path) -> None:
    holdout.write_seen_rows(
        tmp_path, pd.DataFrame({"x": np.arange(100_000), "y": ["long text" * 9] * 100_000})
    )
    assert (tmp_path / holdout.FILE).stat().st_size < 9 * 100_000


@pytest.mark.parametrize("content", [None, b"", b"PAR1 damaged PAR1"])
def test_without_the_file_nobody_knows(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / holdout.FILE).parent.mkdir()
        (tmp_path / holdout.FILE).write_bytes(content)
    assert holdout.read_seen_rows(tmp_path) is None


def _validated(values: Any, **validation: str) -> Dataset:
    frame = pd.DataFrame({"x": np.arange(len(values)), "y": np.arange(len(values)) % 7})
    spec = everything("regression").spec.model_copy(
        update={"target": "y", "ignore": ("by",), "validation": Validation(**validation)}
    )
    beside = pd.DataFrame({"by": values})
    return replace(everything("regression"), spec=spec, frame=frame, beside=beside)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 40), min_size=80, max_size=200))
def test_whole_groups_are_held_out_the_same_every_week(groups: list[int]) -> None:
    table = _validated(np.array(groups), group="by")
    held = holdout.select_kept_back(table, 0.3)
    assert held.any()
    assert not {*np.array(groups)[held]} & {*np.array(groups)[~held]}
    grown = holdout.select_kept_back(
        _validated(np.array([*groups, *groups, 41.0, 42.0]), group="by"), 0.3
    )
    if len({*np.array(groups)[held]}) > 1:  # else it may be there as the lowest of all
        assert (grown[: len(groups)] == held).all()
        assert (grown[len(groups) : 2 * len(groups)] == held).all()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 40), min_size=80, max_size=200))
def test_the_newest_rows_are_held_out_and_equal_times_stay_together(times: list[int]) -> None:
    values = np.array(times)
    held = holdout.select_kept_back(_validated(values, time="by"), 0.3)
    if held.any():
        assert values[held].min() > values[~held].max()
    largest = max(np.bincount(values))
    assert abs(held.mean() - 0.3) <= largest / len(values)


def test_the_column_that_decides_goes_with_the_rows() -> None:
    table = _validated(np.repeat(np.arange(20), 10), group="by")
    rest, held = holdout.split_holdout(table, 0.3)
    assert rest.beside is not None
    assert len(rest.beside) == len(rest.frame) == len(table.frame) - len(held)
    assert (rest.values("by") == rest.frame["x"] // 10).all()
    assert rest.held_out == 0.3
    assert "by" not in held
