#!/usr/bin/env bash
# `predict_model` of PyCaret 3.3.2 on three rows.
#
# Guess: predicting a batch costs the transformers and the model; what PyCaret adds are a copy of the
#   table and the names of columns.
# Seen: each call makes one full `gc.collect()`, which visits each object of the process: with
#   PyCaret's own modules loaded that is several hundred thousand, and a large part of a small
#   prediction's time: 85 % here. It cannot be switched off, and calling it row by row pays it row by row.
# So: a proof asks PyCaret for whole batches, and our tests let the collector visit young objects
#   alone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    pycaret==3.3.2 six==1.17.0 "setuptools<81" 2>/dev/null
cd "$work"
"$work/venv/bin/python" - <<'PYTHON' 2>/dev/null
import gc
import time

import numpy as np
import pandas as pd
from pycaret.regression import RegressionExperiment

table = pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60.0) % 7})
table["y"] = table["a"] * 2 + table["b"]
experiment = RegressionExperiment()
experiment.setup(table, target="y", session_id=1, n_jobs=1, html=False, verbose=False)
model = experiment.create_model("lr", fold=2, verbose=False)
collect, calls = gc.collect, []


def counted(*generation):
    began = time.perf_counter()
    found = collect(*generation)
    calls.append((generation, time.perf_counter() - began))
    return found


gc.collect = counted
began = time.perf_counter()
experiment.predict_model(model, data=table.head(3), verbose=False)
whole = time.perf_counter() - began
full = [seconds for generation, seconds in calls if generation in ((), (2,))]
print(f"{len(full)} full collections of {len(gc.get_objects()):,} objects in one predict_model")
print(f"{sum(full) / whole:.0%} of its time")
assert full
PYTHON
