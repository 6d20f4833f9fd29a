#!/usr/bin/env bash
# `text/csv` requests to a model whose signature MLflow 3.17.2 has inferred from a frame with dates.
#
# Guess: the scoring server, which casts CSV by the signature, reads a `datetime` column as dates, or
#   hands on their text.
# Seen: the types of the signature go to pandas.read_csv as dtypes, which takes no datetime there.
#   Every body is refused, however its dates are written; as JSON the same rows are answered.
# So: our models read their own cells, and MLflow's casting passes over them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check mlflow==3.17.2 pandas==2.1.4 \
    numpy==1.26.4 2>/dev/null
cd "$work"
"$work/venv/bin/python" - <<'PYTHON' 2>/dev/null
import io

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.pyfunc.scoring_server import infer_and_parse_data, parse_csv_input

table = pd.DataFrame({"joined": pd.to_datetime(["2026-01-31", "2026-02-01"]), "bmi": [21.5, 30.0]})
schema = infer_signature(table).inputs
print(schema)
refused = []
for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y"):
    try:
        parse_csv_input(io.StringIO(table.to_csv(index=False, date_format=form)), schema)
    except MlflowException as err:
        refused.append(form)
        print(f"CSV with {form}: {err.message.rpartition('Error: ')[2]}")
split = {"columns": ["joined", "bmi"], "data": [["2026-01-31", 21.5], ["2026-02-01", 30.0]]}
parsed = infer_and_parse_data({"dataframe_split": split}, schema)
frame = parsed[0] if isinstance(parsed, tuple) else parsed
print("JSON:", dict(frame.dtypes.astype(str)))
assert len(refused) == 3
assert frame["joined"].tolist() == table["joined"].tolist()
PYTHON
