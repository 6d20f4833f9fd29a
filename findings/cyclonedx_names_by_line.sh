#!/usr/bin/env bash
# A bill of materials of a requirements file by cyclonedx-bom 7.5.0, with --output-reproducible.
#
# Guess: a reproducible bill names each component by what it is, so that one more package is one more
#   component and the rest of the file stays.
# Seen: the name of a component (`bom-ref`) is the line of the file that it stands on. A package or a
#   comment added at the top renames every component and every entry of the dependencies: two bills of
#   almost equal locks differ in all of it, and a reference from elsewhere (a VEX statement, say)
#   names another package without a word.
# So: components are named by their package URL before the bill is kept.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check cyclonedx-bom==7.5.0 2>/dev/null
cd "$work"
printf 'joblib==1.3.2\nonnx==1.23.2\n' > one.txt
printf 'attrs==26.1.0\njoblib==1.3.2\nonnx==1.23.2\n' > two.txt
for name in one two; do
    venv/bin/cyclonedx-py requirements --output-reproducible --sv 1.6 "$name.txt" > "$name.json"
done
venv/bin/python - <<'PYTHON'
import json
from pathlib import Path

names = []
for file in ("one.json", "two.json"):
    parts = json.loads(Path(file).read_text(encoding="utf-8"))["components"]
    names.append({part["name"]: part["bom-ref"] for part in parts})
    print(file, names[-1])
assert names[0]["joblib"] != names[1]["joblib"]
assert names[0]["joblib"] == names[1]["attrs"]
PYTHON
