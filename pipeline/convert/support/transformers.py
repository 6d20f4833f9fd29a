"""Transformers that a custom pipeline may hold: known without importing what converts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COMPOSITES = ("ColumnTransformer", "FeatureUnion", "Pipeline")
"""Transformers made of transformers; each member must convert."""

TRANSFORMERS = (
    # scikit-learn
    *("Binarizer", "FactorAnalysis", "FastICA", "GaussianRandomProjection"),
    *("GenericUnivariateSelect", "IncrementalPCA", "KBinsDiscretizer", "KNNImputer", "KernelPCA"),
    *("LinearDiscriminantAnalysis", "MaxAbsScaler", "MinMaxScaler"),
    *("NeighborhoodComponentsAnalysis", "Normalizer", "PCA", "PolynomialFeatures"),
    *("PowerTransformer", "QuantileTransformer", "RFE", "RFECV", "RobustScaler", "SelectFdr"),
    *("SelectFpr", "SelectFromModel", "SelectFwe", "SelectKBest", "SelectPercentile"),
    *("SequentialFeatureSelector", "SimpleImputer", "StandardScaler", "TruncatedSVD"),
    "VarianceThreshold",
    # category_encoders, and scikit-learn's three encoders
    *("BackwardDifferenceEncoder", "BaseNEncoder", "BinaryEncoder", "CatBoostEncoder"),
    *("CountEncoder", "GLMMEncoder", "GrayEncoder", "HelmertEncoder", "JamesSteinEncoder"),
    *("LeaveOneOutEncoder", "MEstimateEncoder", "NestedCVWrapper", "OneHotEncoder"),
    *("OrdinalEncoder", "PolynomialEncoder", "PolynomialWrapper", "QuantileEncoder"),
    *("RankHotEncoder", "SumEncoder", "SummaryEncoder", "TargetEncoder", "WOEEncoder"),
)
"""Classes with a converter that is proven exact, by their short names."""


def unproven(value: Any) -> bool:
    """Whether a configured object, or one of several, is a transformer without a converter.

    Args:
        value: a table with the key `class`, or tables and lists of those.
    """
    if isinstance(value, list):
        return any(map(unproven, value))
    if not isinstance(value, Mapping):
        return False
    name = str(value.get("class", "")).rpartition(".")[2]
    if name and name not in COMPOSITES:
        return name not in TRANSFORMERS
    return any(unproven(v) for k, v in value.items() if k != "class")
