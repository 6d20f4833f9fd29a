#!/usr/bin/env bash
# A boolean column in a request to MLflow 3.17.2's scoring server.
#
# Guess: with `boolean` in the model's signature, the text "false" in JSON is refused or read as
#   False, and null stays missing or is refused, since the column is required.
# Seen: the column goes through Python's truth value: "false" and "no" arrive as True, null as
#   False. The checks against the signature come afterwards and find a perfect boolean column.
# So: our signature calls such a column what its cells are, and our own reader decides.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check mlflow==3.17.2 pandas==2.1.4 \
    numpy==1.26.4
cd "$work"
"$work/venv/bin/python" - <<'PYTHON' 2>/dev/null
from mlflow.models.utils import _enforce_schema
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from mlflow.types import ColSpec, Schema

schema = Schema([ColSpec("boolean", "smoker"), ColSpec("double", "bmi")])
sent = ["false", "no", "true", None, False]
rows = [{"smoker": value, "bmi": 21.5} for value in sent]
parsed = infer_and_parse_data({"dataframe_records": rows}, schema)
frame = parsed[0] if isinstance(parsed, tuple) else parsed
read = _enforce_schema(frame, schema)["smoker"].tolist()
for value, cell in zip(sent, read, strict=True):
    print(f"{value!r} in JSON is {cell} for the model")
assert read == [True, True, True, False, False]
PYTHON
