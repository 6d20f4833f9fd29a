"""Random combinations of options, estimators and tables, for `python benchmarks/combinations.py`.

A combination is a seed and an index: `--seed S --index I` measures one again. Combinations that
PyCaret itself cannot train, or not in time, are drawn again and counted apart.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("PYCARET_CUSTOM_LOGGING_PATH", os.devnull)

from benchmarks.cases import BINARY_ONLY, COMPOSITIONS, Case
from benchmarks.coverage import all_measured
from benchmarks.figures import Figures
from benchmarks.tables import EVENTS, FLOATS, REAL, table
from pipeline.tasks import TASKS

SECTION = "Random combinations"
CHANCE = 0.2
"""How likely each option is to be set; a combination has four or five on average."""
COMPOSED_CHANCE = 0.15
SLOW = ("gpc", "kr", "catboost", "tr")
"""Drawn only every third time that they come up."""
FLOATS_EVERY = 7
"""One combination in so many is on a table of floats alone: the fourth of each seven, since none
of those that once failed and are measured again is a fourth."""
LIMIT = 100.0
"""Seconds for one: squares of a thousand one-hot columns keep PyCaret busy for an hour."""
NOTHING = ("untrained", "too slow")
"""Verdicts that say nothing of the graph."""

Setup = Mapping[str, Any]

COMMON: Mapping[str, Sequence[Setup]] = {
    "numeric imputation": [{"numeric_imputation": v} for v in ("median", "mode", 0, -1.5, "knn")],
    "categorical imputation": [{"categorical_imputation": "nothing"}],
    "imputation": [{"imputation_type": "iterative", "iterative_imputation_iters": 2}],
    "one-hot": [{"max_encoding_ohe": v} for v in (0, 3, 1000)],
    "encoder": [
        {"encoding_method": name, "max_encoding_ohe": 2}
        for name in (
            *("TargetEncoder", "LeaveOneOutEncoder", "CatBoostEncoder", "JamesSteinEncoder"),
            *("MEstimateEncoder", "CountEncoder", "OrdinalEncoder", "BaseNEncoder"),
            *("BinaryEncoder", "GrayEncoder", "RankHotEncoder"),
        )
    ],
    "rare": [{"rare_to_value": v} for v in (0.05, 0.3)],
    "low variance": [{"low_variance_threshold": v} for v in (0.0, 0.1)],
    "multicollinearity": [
        {"remove_multicollinearity": True, "multicollinearity_threshold": v} for v in (0.5, 0.9)
    ],
    "outliers": [{"remove_outliers": True, "outliers_method": m} for m in ("iforest", "ee", "lof")],
    "polynomial": [{"polynomial_features": True}],
    "transformation": [
        {"transformation": True, "transformation_method": m} for m in ("yeo-johnson", "quantile")
    ],
    "normalize": [
        {"normalize": True, "normalize_method": m} for m in ("zscore", "minmax", "maxabs", "robust")
    ],
    "pca": [
        {"pca": True, "pca_method": m, "pca_components": 3}
        for m in ("linear", "kernel", "incremental")
    ],
    "selection": [
        {"feature_selection": True, "feature_selection_method": m, "n_features_to_select": 0.6}
        for m in ("classic", "univariate")
    ],
    "split": [{"train_size": 0.8}],
}
OWN: Mapping[str, Mapping[str, Sequence[Setup]]] = {
    "insurance": {
        "ordinal": [{"ordinal_features": {"smoker": ["no", "yes"]}}],
        "bins": [{"bin_numeric_features": ["bmi"]}, {"bin_numeric_features": ["age", "bmi"]}],
        "groups": [
            {"group_features": {"g": ["age", "bmi"]}, "drop_groups": drop} for drop in (True, False)
        ],
        "kinds": [{"categorical_features": ["children", "sex", "smoker", "region"]}],
        "keep": [{"keep_features": ["bmi"]}],
        "order": [{"data_split_shuffle": False}],
        "target": [{"transform_target": True, "transform_target_method": "quantile"}],
    },
    "juice": {
        "balance": [{"fix_imbalance": True}],
        "bins": [{"bin_numeric_features": ["LoyalCH", "PriceDiff"]}],
        "groups": [{"group_features": {"g": ["PriceCH", "PriceMM", "DiscCH"]}}],
        "kinds": [{"categorical_features": ["StoreID", "STORE", "Store7"]}],
    },
    "penguins": {
        "bins": [{"bin_numeric_features": ["bill_length_mm"]}],
        "groups": [{"group_features": {"bill": ["bill_length_mm", "bill_depth_mm"]}}],
        "kinds": [{"categorical_features": ["island", "sex", "year"]}],
        "ordinal": [{"ordinal_features": {"sex": ["female", "male"]}}],
    },
    "titanic": {
        "balance": [{"fix_imbalance": True}],
        "kinds": [
            {"categorical_features": ["Name", "Sex", "Ticket", "Cabin", "Embarked", "Pclass"]}
        ],
        "bins": [{"bin_numeric_features": ["Fare"]}],
    },
    EVENTS: {
        "dates": [
            {"create_date_columns": c} for c in (["year"], ["weekday", "hour"], ["dayofyear"])
        ],
        "target": [{"transform_target": True}],
        "groups": [{"group_features": {"g": ["amount", "delay", "visits"]}}],
    },
}


def combination(seed: int, index: int) -> Case:
    """The combination of a seed and an index, always the same."""
    random = np.random.default_rng([seed, index])
    floats = index % FLOATS_EVERY == FLOATS_EVERY // 2
    name = str(random.choice([*FLOATS] if floats else [*REAL, EVENTS]))
    setup: dict[str, Any] = {}
    for options in {**COMMON, **OWN.get(name, {})}.values():
        if random.random() < CHANCE:
            setup |= options[int(random.integers(len(options)))]
    config = {"setup": setup, **_model(random, name), "seed": int(random.integers(100))}
    return Case(SECTION, name, f"--seed {seed} --index {index}: {config}", config)


def _model(random: np.random.Generator, name: str) -> dict[str, Any]:
    task = table(name).spec.task
    if random.random() < COMPOSED_CHANCE:
        binary = name not in ("penguins", "wine")
        titles = [t for t in COMPOSITIONS[task] if binary or t not in BINARY_ONLY]
        return COMPOSITIONS[task][str(random.choice(titles))]
    ids = TASKS[task].models
    model = str(random.choice(ids))
    if model in SLOW and random.random() < 2 / 3:
        model = "lightgbm"
    return {"include": (model,)}


def combinations(seed: int) -> Iterator[Case]:
    """All combinations of a seed, without end."""
    return (combination(seed, index) for index in count())


def tried(seed: int, wanted: int, jobs: int = 2) -> Iterator[Figures]:
    """Combinations one after another, until `wanted` of them are ones that PyCaret can train."""
    cases, found = combinations(seed), 0
    while found < wanted:
        batch = list(islice(cases, min(20, wanted - found)))
        for figures in all_measured(batch, jobs, timed=False, limit=LIMIT):
            found += figures.verdict not in NOTHING
            yield figures


app = typer.Typer(add_completion=False)


@app.command()
def main(
    seed: Annotated[int | None, typer.Option(min=0, help="A new one when omitted.")] = None,
    index: Annotated[list[int] | None, typer.Option(help="Only these combinations.")] = None,
    wanted: Annotated[int, typer.Option(min=1, help="How many that PyCaret can train.")] = 300,
    jobs: Annotated[int, typer.Option(min=1, help="Combinations at a time.")] = 2,
) -> None:
    """Measure random combinations and print each that fails."""
    seed = secrets.randbelow(10**6) if seed is None else seed
    typer.echo(f"seed {seed}")
    chosen = [combination(seed, i) for i in index or ()]
    verdicts: Counter[str] = Counter()
    for figures in all_measured(chosen, jobs, timed=False) if chosen else tried(seed, wanted, jobs):
        verdicts[figures.verdict] += 1
        if figures.verdict != "pass":
            typer.echo(f"{figures.verdict} {figures.table} {figures.title}\n    {figures.text}")
            for row in figures.worst:
                typer.echo(f"    { ({k: v for k, v in row.items() if k != 'row'}) }")
    typer.echo(", ".join(f"{n} {verdict}" for verdict, n in verdicts.items()))
    raise typer.Exit(int(verdicts["FAIL"] > 0))


if __name__ == "__main__":
    app()
