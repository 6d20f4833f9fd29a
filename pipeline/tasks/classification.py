"""Classification: one of several classes for each row, and where the model can, how sure it is."""

from __future__ import annotations

from pipeline.tasks.task import Comparison, Task, TaskMetric

CLASSIFICATION = Task(
    name="classification",
    experiment="pycaret.classification.oop.ClassificationExperiment",
    sources=("classification/oop.py",),
    estimator="classifier",
    target="classes",
    predicts="classes",
    outputs=("prediction_label", "prediction_score"),
    models=(
        *("lr", "knn", "nb", "dt", "svm", "rbfsvm", "gpc", "mlp", "ridge", "rf", "qda"),
        *("ada", "gbc", "lda", "et", "xgboost", "lightgbm", "catboost", "dummy"),
    ),
    slow=("rbfsvm", "gpc", "mlp"),
    metrics=(
        TaskMetric("acc", "Accuracy"),
        TaskMetric("auc", "AUC", of_probabilities=True),
        TaskMetric("recall", "Recall"),
        TaskMetric("precision", "Prec."),
        TaskMetric("f1", "F1"),
        TaskMetric("kappa", "Kappa"),
        TaskMetric("mcc", "MCC"),
    ),
    extra_metrics=(
        TaskMetric("bacc", "Bal. Acc.", function="sklearn.metrics.balanced_accuracy_score"),
        TaskMetric(
            *("logloss", "Log Loss", True, True),
            function="pipeline.automl.leaderboard_metrics.compute_log_loss",
        ),
        TaskMetric("ap", "Avg. Prec.", False, True, "sklearn.metrics.average_precision_score"),
    ),
    default_metric="Accuracy",
    error="error rate",
    comparison=Comparison(is_relative=False, tolerance="probability", single=5e-6),
    predict_options={"verbose": False, "round": 17, "raw_score": True},
    without_probabilities=("svm", "ridge"),
    without_weights=("knn", "gpc", "mlp", "qda", "lda"),
)
