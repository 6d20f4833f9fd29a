#!/usr/bin/env bash
# Probabilities of GaussianNB in scikit-learn 1.7.2 for a category that training never had.
#
# Guess: a row of predict_proba sums to one to the last digits, as those of other classifiers do;
#   a column that is constant in training says nothing about the class and changes nothing.
# Seen: a constant column gets the variance 1e-9 * (the largest one), so another value in it is a
#   square of tens of millions, the same for each class. The probabilities are exp(score - log of the
#   sum), and both are rounded to that size: half of the rows sum to one only within 2e-9, and
#   differ as far from what the two scores themselves say.
# So: a proof at 1e-9 has to know how large the terms are, however many rows have such a value.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check scikit-learn==1.7.2 2>/dev/null
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

random = np.random.default_rng(0)
signal = random.normal(0, 5, 200)
known = np.column_stack([signal, np.zeros(200)])  # a flag that no row has
classes = (signal + random.normal(0, 5, 200) > 0).astype(int)
rows = np.column_stack([random.normal(0, 5, 1000), np.ones(1000)])  # all rows have it
for model in (LogisticRegression(), GaussianNB()):
    off = np.abs(model.fit(known, classes).predict_proba(rows).sum(axis=1) - 1)
    name = type(model).__name__
    print(f"{name}: {np.mean(off > 1e-9):.0%} of rows off by more than 1e-9, at most {off.max():.1e}")
assert off.max() > 1e-9
PYTHON
