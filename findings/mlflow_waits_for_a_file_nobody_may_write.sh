#!/usr/bin/env bash
# A tracking store of SQLite in mlflow 3.17.2 whose file cannot be opened.
#
# Guess: "unable to open database file" is no outage that passes, so the first call ends with it.
# Seen: every failure to connect is taken for one: MLflow tries eleven times with doubling waits,
#   100 s in all, prints a page of SQLAlchemy's words for each, and begins anew with the next call,
#   since no store was made that could be kept. A job with four calls waits for seven minutes.
# So: whether a file can be opened is looked at before MLflow is asked.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check mlflow==3.17.2 2>/dev/null
mkdir "$work/mlflow.db"  # something that is no file and cannot be opened as one
cd "$work"
MLFLOW_DISABLE_TELEMETRY=true "$work/venv/bin/python" - <<'PYTHON' 2>/dev/null
import time

from mlflow import MlflowClient

for _ in range(2):
    started = time.monotonic()
    try:
        MlflowClient("sqlite:///mlflow.db").search_experiments()
    except Exception as err:
        seconds = time.monotonic() - started
        print(f"{type(err).__name__} after {seconds:.0f} s: {str(err)[:70]!r}")
        assert seconds > 60
    else:
        raise AssertionError("it was opened")
PYTHON
