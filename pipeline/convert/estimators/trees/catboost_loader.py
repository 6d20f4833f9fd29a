"""Parses the JSON that CatBoost saves its models as."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.trees.oblivious import Oblivious
from pipeline.convert.estimators.trees.tree_ensemble import floor_thresholds
from pipeline.convert.graph.tensor import FLOAT
from pipeline.convert.support.caveat import Caveat
from pipeline.errors import ConversionError


@dataclass(frozen=True, eq=False)
class CatBoostTrees:
    """The trees of a model, and what is done with their sum.

    Attributes:
        trees: all trees in the order in which they are added up.
        scale: factor of the sum.
        bias: (K,) added to the scaled sum.
        loss: name of the loss function, e.g. "Logloss".
    """

    trees: Oblivious
    scale: float
    bias: NDArray[np.float64]
    loss: str


ASYMMETRIC = Caveat.when_converted(
    "CatBoost's trees that are not symmetric",
    instead="set grow_policy='SymmetricTree'",
)


def parse_catboost(text: str) -> CatBoostTrees:
    """Parse a model saved with `format="json"`.

    Raises:
        ConversionError: it reads more than numbers, or its trees are not oblivious.
    """
    saved = json.loads(text)
    columns = _numeric_columns(saved["features_info"])
    if not saved.get("oblivious_trees"):
        raise ASYMMETRIC.error("CatBoost: expected symmetric trees, got others, or none")
    scale, bias = saved["scale_and_bias"]
    return CatBoostTrees(
        trees=_oblivious(saved["oblivious_trees"], columns, len(bias)),
        scale=float(scale),
        bias=np.asarray(bias, dtype=np.float64),
        loss=saved["model_info"]["params"]["loss_function"]["type"],
    )


def _numeric_columns(features: Mapping[str, Any]) -> dict[int, tuple[int, bool]]:
    """CatBoost's number of a numeric feature -> (its column, whether NaN is the smallest)."""
    others = [kind for kind in features if kind != "float_features" and features[kind]]
    if others:
        raise ConversionError(
            f"CatBoost: expected numbers only, got {', '.join(others)}",
            hint="let PyCaret encode the categories (preprocess=True)",
        )
    return {
        f["feature_index"]: (f["flat_feature_index"], f["nan_value_treatment"] != "AsTrue")
        for f in features["float_features"]
    }


def _oblivious(
    trees: Sequence[Mapping[str, Any]], columns: Mapping[int, tuple[int, bool]], outputs: int
) -> Oblivious:
    """The trees, all made as deep as the deepest by questions that are never answered yes."""
    splits = [tree["splits"] or [] for tree in trees]
    depth = max(1, *map(len, splits))
    feature = np.zeros((len(trees), depth), dtype=np.int64)
    border = np.full((len(trees), depth), np.inf, dtype=FLOAT)
    values = np.empty((len(trees), 2**depth, outputs))
    for number, (tree, asked) in enumerate(zip(trees, splits, strict=True)):
        levels = slice(0, len(asked))
        feature[number, levels] = [columns[split["float_feature_index"]][0] for split in asked]
        border[number, levels] = floor_thresholds(
            np.array([split["border"] for split in asked]), FLOAT
        )
        leaves = np.reshape(tree["leaf_values"], (-1, outputs))
        values[number] = np.tile(leaves, (2 ** (depth - len(asked)), 1))
    endless = sorted(column for column, smallest in columns.values() if not smallest)
    return Oblivious(feature, border, values, np.array(endless, dtype=np.int64))
