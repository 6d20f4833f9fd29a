"""Regression: a number for each row."""

from __future__ import annotations

from pipeline.tasks.task import Comparison, Task, TaskMetric

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
    metrics=(
        TaskMetric("mae", "MAE", is_loss=True),
        TaskMetric("mse", "MSE", is_loss=True),
        TaskMetric("rmse", "RMSE", is_loss=True),
        TaskMetric("r2", "R2"),
        TaskMetric("rmsle", "RMSLE", is_loss=True),
        TaskMetric("mape", "MAPE", is_loss=True),
    ),
    extra_metrics=(
        TaskMetric("medae", "MedAE", True, function="sklearn.metrics.median_absolute_error"),
        TaskMetric("maxerr", "Largest Error", True, function="sklearn.metrics.max_error"),
    ),
    default_metric="R2",
    error="mean absolute error",
    comparison=Comparison(is_relative=True, tolerance="regression", single=1e-5),
    predict_options={"verbose": False, "round": 17},
    lacks=("calibrate", "threshold"),
)
