"""Random small tables whose columns have odd names and whose holdout holds what training lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.cases import Case
from benchmarks.combinations import COMMON, Setup
from pipeline.config.train_config import DatasetSpec
from pipeline.data.dataset import Dataset

ROWS, TRAINING = 90, 63
"""PyCaret trains on the first seven tenths where it does not shuffle."""
NAMES = (
    *("my size", "fuel-system", "capital.gain", "%", "größe", "Preis (€)", "a,b", "c: d", "[e]"),
    *('say "f"', "{g}", "line\nbreak", "tab\tstop", "back\\slash", "h' i", "=1+1", "年", "j/k"),
    *(" ahead", "mean(n)", "o^2", "p+q=r", "#", "plain", "two words", "two", "0"),
)
MODELS: Mapping[str, Sequence[str]] = {
    "regression": ("lr", "ridge", "dt", "knn"),
    "classification": ("lr", "ridge", "dt", "nb"),
}
WORDS = ["red", "green", "blue", "fast", "slow", "big", "small", "new", "old", "good"]
CHANCE = 0.18
"""How likely each option is to be set."""
UNSHUFFLED = {"data_split_shuffle": False, "data_split_stratify": False}


def odd_table(seed: int) -> tuple[Dataset, Case]:
    """A table, and how a seed trains on it: always the same; measured by benchmarks/coverage.py."""
    random = np.random.default_rng(seed)
    task = str(random.choice([*MODELS]))
    named = dict(zip(_KINDS, map(str, random.permutation(NAMES)), strict=False))
    columns = {kind: _KINDS[kind](random) for kind in named}
    signal = np.clip(columns["float"], -9.0, 9.0) + 2.0 * (columns["few"] == "b-2")
    target = signal + random.normal(0, 0.1, ROWS)
    frame = pd.DataFrame({named[kind]: pd.Series(values) for kind, values in columns.items()})
    frame["y"] = target.round(3) if task == "regression" else np.where(target > 1, "high", "low")
    setup = {**UNSHUFFLED, **_setup(random, named)}
    if not setup.get("text_features"):
        frame = frame.drop(columns=named["text"])
    config = {
        "include": (str(random.choice(MODELS[task])),),
        "setup": setup,
        "finalize": bool(random.random() < 2 / 3),
        "seed": seed,
    }
    spec = DatasetSpec(name="odd", task=task, target="y", file=Path("odd.csv"))
    dataset = Dataset(spec, frame, "0" * 64, spec.file)
    return dataset, Case("Odd names", "odd", f"seed {seed}: {config}", config)


def _float(random: np.random.Generator) -> NDArray[Any]:
    values = random.normal(1, 1, ROWS).round(3)
    values[-1] = 1e4
    return values


def _gaps(random: np.random.Generator) -> NDArray[Any]:
    """Numbers with gaps that training may not have."""
    values = random.normal(0, 1, ROWS).round(2)
    values[[-3, *random.integers(0 if random.random() < 0.5 else TRAINING, ROWS, 3)]] = np.nan
    return values


def _whole(random: np.random.Generator) -> NDArray[Any]:
    values = random.integers(0, 9, ROWS)
    values[-2] = 70_000
    return values


def _few(random: np.random.Generator) -> NDArray[Any]:
    """Categories of which one, or more, comes after training."""
    values = random.choice(["a", "b-2", "c d"], ROWS).astype(object)
    values[[-4, -9]] = str(random.choice(["late", "(new)", "é"]))
    return values


def _many(random: np.random.Generator) -> NDArray[Any]:
    values = random.choice([f"n° {i}" for i in range(8)], ROWS).astype(object)
    values[-5:] = [np.nan, "last 1", "last 2", "last 1", np.nan]
    if random.random() < 0.5:
        values[random.integers(0, TRAINING, 3)] = np.nan
    return values


def _flag(random: np.random.Generator) -> NDArray[Any]:
    return random.random(ROWS) < 0.5


def _text(random: np.random.Generator) -> NDArray[Any]:
    values = [" ".join(random.choice(WORDS, 3)) for _ in range(ROWS)]
    return np.array([*values[:-1], "singular word here"], dtype=object)


def _date(random: np.random.Generator) -> NDArray[Any]:
    """Days, in some tables with gaps at the start, where a conversion's sample rows come from."""
    days = pd.to_datetime("2019-12-01") + pd.to_timedelta(random.integers(0, 400, ROWS), "D")
    values = days.to_numpy().copy()
    if random.random() < 0.1:
        values[:5] = np.datetime64("NaT")
    values[-1] = np.datetime64("2031-07-04")
    return values


_KINDS = {
    "float": _float,
    "gaps": _gaps,
    "whole": _whole,
    "few": _few,
    "many": _many,
    "flag": _flag,
    "text": _text,
    "date": _date,
}


def _setup(random: np.random.Generator, named: Mapping[str, str]) -> dict[str, Any]:
    families: list[Sequence[Setup]] = [*COMMON.values(), *_own(named)]
    setup: dict[str, Any] = {}
    for options in families:
        if random.random() < CHANCE:
            setup |= options[int(random.integers(len(options)))]
    return {**setup, "train_size": TRAINING / ROWS}


def _own(named: Mapping[str, str]) -> list[Sequence[Setup]]:
    numbers = [named[kind] for kind in ("float", "whole")]
    return [
        [{"text_features": [named["text"]], "text_features_method": m} for m in ("bow", "tf-idf")],
        [{"bin_numeric_features": numbers[:1]}, {"bin_numeric_features": numbers}],
        [{"group_features": {"n": numbers}, "drop_groups": drop} for drop in (True, False)],
        [{"ordinal_features": {named["flag"]: [False, True]}}],
        [{"keep_features": [named["gaps"]]}, {"keep_features": [named["few"], named["whole"]]}],
        [{"categorical_features": [named["few"], named["many"], named["whole"]]}],
        [{"create_date_columns": parts} for parts in (["year"], ["weekday", "is_month_end"])],
    ]
