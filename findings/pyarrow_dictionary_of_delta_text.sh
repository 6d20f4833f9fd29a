#!/usr/bin/env bash
# Text in DELTA_BYTE_ARRAY, read as a dictionary by pyarrow 25.0.1 (`read_dictionary`).
#
# Guess: `read_dictionary` says what a column becomes in memory, whatever its encoding in the file:
#   the documentation calls it a list of columns to read as DictionaryArray. Where pages are no
#   dictionary, one is made, as it is for PLAIN pages.
# Seen: for PLAIN it is made; for DELTA_BYTE_ARRAY and DELTA_LENGTH_BYTE_ARRAY, which the same library
#   writes, `read` ends with OSError "Not yet implemented", and without `read_dictionary` the column
#   reads well. Writers of Parquet version 2 choose these encodings by themselves.
# So: who reads text as codes, to know its size before it is written out, refuses such columns.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pyarrow==25.0.1 2>/dev/null
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import io

import pyarrow as pa
import pyarrow.parquet as pq

table = pa.table({"word": ["x", "y", "x"] * 100})
seen = {}
for encoding in ("PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"):
    file = io.BytesIO()
    pq.write_table(table, file, use_dictionary=False, column_encoding={"word": encoding})
    assert pq.ParquetFile(file).read().equals(table)
    try:
        seen[encoding] = str(pq.ParquetFile(file, read_dictionary=["word"]).read()["word"].type)
    except OSError as err:
        seen[encoding] = f"OSError: {err}"
    print(encoding, "->", seen[encoding])
assert seen["PLAIN"].startswith("dictionary")
assert all(text.startswith("OSError: Not yet") for name, text in seen.items() if "DELTA" in name)
PYTHON
