#!/usr/bin/env bash
# MlflowClient.download_artifacts of mlflow 3.17.2 where the machine cannot take the files.
#
# Guess: an artifact that exists and cannot be written here (no room, a limit, no right) ends in an
#   OSError, or in an MlflowException that names it; "not found" means that the store has no such
#   artifact.
# Seen: the error is RESOURCE_DOES_NOT_EXIST, "ensure that the path is correct", word for word what
#   a folder gives that the run never had; the reason is not even the exception's cause.
# So: who tells "the run has none" from "it could not be fetched", as a gate has to that compares
#   with the files of a champion, must list the artifacts first and look at the disk himself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check mlflow==3.17.2 2>/dev/null
cd "$work"
export MLFLOW_TRACKING_URI="sqlite:///$work/mlflow.db"
export MLFLOW_DISABLE_TELEMETRY=true
"$work/venv/bin/python" - <<'PYTHON' 2>/dev/null
import resource
import signal
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

with mlflow.start_run() as run:
    mlflow.log_text("x" * 1000, "config/settings.txt")
client = MlflowClient()
run_id = run.info.run_id
print("in the store:", [f.path for f in client.list_artifacts(run_id, "config")])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # too large a file is an OSError then
seen = {}
for path, limit in (("config", 100), ("never", -1)):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1))
    Path(path).mkdir()
    try:
        client.download_artifacts(run_id, path, path)
    except MlflowException as err:
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))  # what is printed may be a file too
        seen[path] = (err.error_code, repr(err.__cause__), str(err).replace(path, "PATH"))
        print(path, "limit", limit, err.error_code, "cause:", repr(err.__cause__))
        print("   ", str(err)[:200])
assert seen["config"][0] == seen["never"][0] == "RESOURCE_DOES_NOT_EXIST"
assert "File too large" not in seen["config"][1] + seen["config"][2]
PYTHON
