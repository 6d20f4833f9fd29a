#!/usr/bin/env bash
# Groups and the holdout in PyCaret 3.3.2.
#
# Guess: with fold_strategy="groupkfold" and fold_groups, setup keeps a group whole in its holdout
#   too, as the point of groups is that no row of a known group is scored.
# Seen: only the folds keep them whole. The holdout is a random part of the rows: every one of the
#   groups stands on both sides, and a column that tells the groups apart scores nearly perfectly
#   there, while the folds say that nothing is learned of new groups.
# So: [validation] group makes the holdout of whole groups, by test_data.
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
from pycaret.regression import RegressionExperiment

random = np.random.default_rng(0)
patient = np.repeat(np.arange(12), 40)
level = random.normal(0, 10, 12)[patient]
mark = random.normal(0, 1, 12)[patient]  # says who it is, not how ill
frame = pd.DataFrame({"patient": patient, "mark": mark, "y": level + random.normal(0, 0.5, 480)})
experiment = RegressionExperiment()
experiment.setup(
    frame, target="y", session_id=1, n_jobs=1, verbose=False, fold=4,
    fold_strategy="groupkfold", fold_groups="patient", ignore_features=["patient"],
)
train = set(frame.loc[experiment.X_train.index, "patient"])
held = set(frame.loc[experiment.X_test.index, "patient"])
model = experiment.create_model("dt", verbose=False)
folds = experiment.pull().loc["Mean", "R2"]
experiment.predict_model(model, verbose=False)
holdout = experiment.pull().loc[0, "R2"]
print(f"{len(train & held)} of {len(held)} groups of the holdout were trained on")
print(f"R2 {folds:.2f} in the folds, {holdout:.2f} on the holdout")
assert train & held == held
assert folds < 0 < 0.9 < holdout
PYTHON
