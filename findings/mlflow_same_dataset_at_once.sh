#!/usr/bin/env bash
# Several runs that log the same new dataset at the same moment, in MLflow 3.17.2.
#
# Guess: `log_inputs` may be called by many runs at once; a dataset that another run has just written
#   is found, as it is when it is a second old.
# Seen: the store looks for the dataset, then inserts it, and does not look again: of eight runs that
#   meet, now and then one loses its input with the database's "UNIQUE constraint failed", which
#   the client does not send again. The same happens with PostgreSQL behind a server, where two
#   scheduled trainings start at the same minute.
# So: a refused `log_inputs` is sent once more.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check mlflow==3.17.2 2>/dev/null
cd "$work"
"$work/venv/bin/python" - <<'PYTHON' 2>/dev/null
from concurrent.futures import ThreadPoolExecutor

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput
from mlflow.exceptions import MlflowException

client = MlflowClient("sqlite:///mlflow.db")
experiment = client.create_experiment("together")


def logged(run_id: str, table: DatasetInput) -> str:
    try:
        client.log_inputs(run_id, [table])
    except MlflowException as err:
        return f"{err.error_code}: {err.message.splitlines()[0]}"
    return ""


for number in range(200):
    table = DatasetInput(Dataset("table", f"digest {number}", "local", "{}"))
    runs = [client.create_run(experiment).info.run_id for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        refused = list(filter(None, pool.map(lambda run_id: logged(run_id, table), runs)))
    if refused:
        break
assert refused
lost = [r for r in runs if not client.get_run(r).inputs.dataset_inputs]
print(f"new table {number + 1}: {len(refused)} of 8 refused, {refused[0]}")
print(f"{len(lost)} of 8 runs have no input")
client.log_inputs(lost[0], [table])
assert client.get_run(lost[0]).inputs.dataset_inputs
print("sent again it is kept")
PYTHON
