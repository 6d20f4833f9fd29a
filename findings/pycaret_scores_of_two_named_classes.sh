#!/usr/bin/env bash
# Recall, precision and F1 of a two-class target in PyCaret 3.3.2 (scikit-learn 1.4.2).
#
# Guess: with two classes they are those of the positive class, whatever the classes are called.
# Seen: with a target of 0 and 1 they are; with the same target as words ("No" and "Yes") they are
#   averages over both classes, weighted by how frequent each is. On a rare class that is nearly
#   never found, recall goes from some hundredths to above 0.9, and a search by F1 or Recall ranks
#   the models that ignore the class first.
# So: neither tells whether a rare class of words is found. The audit computes the class's own
#   precision and recall, and its advice names AUC and MCC.
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
from sklearn.metrics import recall_score

random = np.random.default_rng(3)
rows = 1500
frame = pd.DataFrame({"calls": random.poisson(2, rows), "tenure": random.exponential(24, rows)})
chance = 1 / (1 + np.exp(-(-4.1 - frame.tenure / 40 + frame.calls * 0.55)))
rare = (random.random(rows) < chance).astype(int)
means = {}
for name, target in {"numbers": rare, "words": np.where(rare == 1, "Yes", "No")}.items():
    experiment = ClassificationExperiment()
    experiment.setup(
        frame.assign(y=target), target="y", session_id=1, fold=2, n_jobs=1, verbose=False
    )
    model = experiment.create_model("lr", verbose=False)
    means[name] = experiment.pull().loc["Mean"]
    predicted = experiment.predict_model(model, verbose=False)
    shown = experiment.pull().loc[0]
    positive = "Yes" if name == "words" else 1
    own = recall_score(predicted["y"], predicted["prediction_label"], pos_label=positive)
    print(
        f"{name}: recall {means[name]['Recall']:.4f} in the folds, {shown['Recall']:.4f} on the "
        f"holdout, where {own:.4f} of the rare class are found"
    )
assert means["numbers"]["Accuracy"] == means["words"]["Accuracy"]
assert means["numbers"]["AUC"] == means["words"]["AUC"]
assert means["numbers"]["Recall"] < 0.2 < 0.9 < means["words"]["Recall"]
PYTHON
