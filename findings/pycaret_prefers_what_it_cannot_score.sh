#!/usr/bin/env bash
# A loss of one's own in PyCaret 3.3.2: `add_metric(..., target="pred_proba", greater_is_better=False)`.
#
# Guess: a model without `predict_proba` has no log loss: its cell is empty, or the model is left out.
#   A function of (actual, probabilities) is a metric; if it cannot be called that is an error.
# Seen: whatever fails in a fold counts as 0.0, the perfect loss: sorted by it `compare_models` puts
#   the models first that have no probabilities, and returns one of them. On the holdout PyCaret
#   gives the function the labels in place of probabilities, of which a log loss is a number, too.
#   In folds it passes on `sample_weight=None`, so that a function that takes two arguments alone
#   has 0.0 for every model; on the holdout it is called without, and has its value.
# So: a metric that is added here takes options, drops those that are None, refuses labels and
#   ranks models that lack it last.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    pycaret==3.3.2 six==1.17.0 "setuptools<81" 2>/dev/null
cd "$work"
"$work/venv/bin/python" - <<'PYTHON' 2>/dev/null
import numpy as np
import pandas as pd
from pycaret.classification import ClassificationExperiment
from sklearn.metrics import log_loss

random = np.random.default_rng(3)
table = pd.DataFrame({"a": random.normal(size=300), "b": random.normal(size=300)})
table["y"] = (table["a"] + random.normal(size=300) * 0.4 > 0).astype(int)
experiment = ClassificationExperiment()
experiment.setup(table, target="y", session_id=1, fold=2, n_jobs=1, html=False, verbose=False)
given = []


def two_arguments(actual, chances):
    given.append(np.asarray(chances))
    return log_loss(actual, chances)


options = {"target": "pred_proba", "greater_is_better": False}
experiment.add_metric("loss", "Log Loss", log_loss, **options)
experiment.add_metric("two", "Two Arguments", two_arguments, **options)
best = experiment.compare_models(["lr", "nb", "ridge", "svm"], sort="Log Loss", verbose=False)
board = experiment.pull()[["Accuracy", "Log Loss", "Two Arguments"]]
print(f"in the folds, best first:\n{board}")
assert list(board.index[:2]) == ["ridge", "svm"]
assert (board["Log Loss"][:2] == 0).all() and (board["Log Loss"][2:] > 0.2).all()
assert (board["Two Arguments"] == 0).all() and not given

holdout = experiment.predict_model(best, verbose=False)
shown = experiment.pull().loc[0]
print(f"on the holdout {type(best).__name__} has {shown['Log Loss']}, of", np.unique(given[-1]))
assert not hasattr(best, "predict_proba")
assert shown["Log Loss"] == shown["Two Arguments"] > 1
assert (given[-1] == holdout["prediction_label"]).all()
PYTHON
