"""PyCaret's tasks, models and metrics, by the names that a configuration gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Task = Literal["regression", "classification"]
TASKS: tuple[Task, ...] = ("regression", "classification")

MODELS: Mapping[Task, tuple[str, ...]] = {
    "regression": (
        *("lr", "lasso", "ridge", "en", "lar", "llar", "omp", "br", "ard", "par", "ransac"),
        *("tr", "huber", "kr", "svm", "knn", "dt", "rf", "et", "ada", "gbr", "mlp"),
        *("xgboost", "lightgbm", "catboost", "dummy"),
    ),
    "classification": (
        *("lr", "knn", "nb", "dt", "svm", "rbfsvm", "gpc", "mlp", "ridge", "rf", "qda"),
        *("ada", "gbc", "lda", "et", "xgboost", "lightgbm", "catboost", "dummy"),
    ),
}
"""Estimator ids as PyCaret's `models()` lists them."""

METRICS: Mapping[Task, Mapping[str, str]] = {
    "regression": {
        **{"mae": "MAE", "mse": "MSE", "rmse": "RMSE", "r2": "R2"},
        **{"rmsle": "RMSLE", "mape": "MAPE"},
    },
    "classification": {
        **{"acc": "Accuracy", "auc": "AUC", "recall": "Recall", "precision": "Prec."},
        **{"f1": "F1", "kappa": "Kappa", "mcc": "MCC"},
    },
}
"""PyCaret's metrics: id to the column of its leaderboard; either may be given as `metric`."""
