#!/usr/bin/env bash
# A frame whose column is int64 where MLflow 3.17.2's signature says double.
#
# Guess: a dtype is accepted or refused. int64 for double is refused whatever it holds (whole
#   numbers above 2^53 have no double), or accepted whatever it holds.
# Seen: the values decide. A column of zeros and ones passes, one with a 2 in it is refused with
#   "Can not safely convert int64 to float64", though 2 is a double; the same numbers as int32 pass.
# So: a test frame of flags says nothing about the counts that come later. Our signature leaves
#   whole numbers to our reader.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check mlflow==3.17.2 pandas==2.1.4 \
    numpy==1.26.4
cd "$work"
"$work/venv/bin/python" - <<'PYTHON' 2>/dev/null
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models.utils import _enforce_schema
from mlflow.types import ColSpec, Schema

schema = Schema([ColSpec("double", "children")])
seen = {}
for dtype in ("int64", "int32"):
    for values in ([0, 1, 1], [0, 1, 2]):
        frame = pd.DataFrame({"children": np.array(values, dtype=dtype)})
        try:
            seen[dtype, *values] = _enforce_schema(frame, schema)["children"].tolist() == values
        except MlflowException as err:
            seen[dtype, *values] = False
            print(f"{dtype} {values}: {err.message}")
        else:
            print(f"{dtype} {values}: accepted")
assert list(seen.values()) == [True, False, True, True]
PYTHON
