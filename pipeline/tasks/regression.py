"""Regression: a number for each row."""

from __future__ import annotations

from pipeline.tasks.task import Comparison, Task

REGRESSION = Task(
    name="regression",
    experiment="pycaret.regression.oop.RegressionExperiment",
    sources=("regression/oop.py",),
    estimator="regressor",
    target="numbers",
    predicts="numbers",
    outputs=("prediction_label",),
    models=(
        *("lr", "lasso", "ridge", "en", "lar", "llar", "omp", "br", "ard", "par", "ransac"),
        *("tr", "huber", "kr", "svm", "knn", "dt", "rf", "et", "ada", "gbr", "mlp"),
        *("xgboost", "lightgbm", "catboost", "dummy"),
    ),
    slow=("ard", "ransac", "tr", "kr", "svm", "mlp"),
    metrics={
        **{"mae": "MAE", "mse": "MSE", "rmse": "RMSE", "r2": "R2"},
        **{"rmsle": "RMSLE", "mape": "MAPE"},
    },
    default_metric="R2",
    error="mean absolute error",
    comparison=Comparison(is_relative=True, tolerance="regression", single=1e-5),
    predict_options={"verbose": False, "round": 17},
    lacks=("calibrate", "threshold"),
)
