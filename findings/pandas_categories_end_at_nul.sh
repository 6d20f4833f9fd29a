#!/usr/bin/env bash
# Text with a NUL among the categories of pandas 3.0.6 (and of 2.1.4): `factorize`, `unique`,
# `Categorical`, `get_dummies` and `groupby`.
#
# Guess: Python's text may hold any character, so "yes" and "yes\0b" are two values everywhere, as
#   they are to `==`, `isin` and `duplicated`.
# Seen: what is hashed as text ends at the NUL. Both are the first of them that comes: `nunique` is
#   one less than the keys of `value_counts`, `groupby` counts them together, and `get_dummies` sets
#   the column of "yes" for "yes\0b". Parquet, JSON and Arrow carry such text; CSV does not.
# So: text with NUL is refused, in tables and when scoring, and looked for cell by cell: the
#   different values of a column do not show it. onnxruntime's C interface cuts it as well.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pandas==3.0.6 numpy==2.4.6 2>/dev/null
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import pandas as pd

values = pd.Series(["yes", "yes\0b", "no"], dtype=object)
print("isin:        ", values.isin(["yes"]).tolist())
print("duplicated:  ", values.duplicated().tolist())
print("value_counts:", values.value_counts().to_dict())
print("unique:      ", values.unique().tolist())
print("factorize:   ", pd.factorize(values)[0].tolist())
print("groupby:     ", values.groupby(values).size().to_dict())
print("get_dummies: ", pd.get_dummies(values)["yes"].tolist())
assert values.isin(["yes"]).tolist() == [True, False, False]
assert len(values.value_counts()) == 3
assert values.unique().tolist() == ["yes", "no"]
assert pd.factorize(values)[0].tolist() == [0, 0, 1]
assert values.groupby(values).size().to_dict() == {"yes": 2, "no": 1}
assert pd.get_dummies(values)["yes"].tolist() == [True, True, False]
PYTHON
