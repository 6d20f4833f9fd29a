"""CSV is read in JavaScript as it is in Python, or refused in both."""

from __future__ import annotations

import io
import json
import random
import shutil
import subprocess
from typing import Any

from pipeline.errors import DataError
from pipeline.runtime.delimited import read_csv_batches
from pipeline.runtime.javascript import JAVASCRIPT
from tests.commands import needed

PROGRAM = """
import { readFileSync } from "node:fs";
import { readTable, writeTable } from %s;
const read = (text) => {
  try {
    const { header, rows, lines } = readTable(text, ["a", "b"]);
    const again = header.length > 1 ? readTable(writeTable(header, rows), ["a", "b"]).rows : rows;
    return { header, rows, lines, again };
  } catch {
    return null;
  }
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(read)));
"""
MODULE = (JAVASCRIPT / "table.mjs").as_uri()
PARTS = ("a", "b", "ü", ",", ",", ";", "\n", "\r\n", "\r", '"', '""', '"x,y"', " ", "\t", "1")


def read_here(text: str) -> dict[str, Any] | None:
    try:
        batches = list(read_csv_batches(lambda: io.StringIO(text, newline=""), {"a", "b"}, 10**6))
    except DataError:
        return None
    (batch,) = batches
    rows = [list(row) for row in zip(*batch.columns.values(), strict=True)]
    return {"header": list(batch.columns), "rows": rows, "lines": list(batch.lines)}


def test_hostile_files_are_read_or_refused_alike() -> None:
    chance = random.Random(18)
    texts = ["".join(chance.choices(PARTS, k=chance.randint(0, 12))) for _ in range(3000)]
    texts += [f"a,b\n{text}\n" for text in texts]
    program = needed(shutil.which("node"), "node")
    done = subprocess.run(
        [program, "--input-type=module", "-e", PROGRAM % json.dumps(MODULE)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout)
    assert any(answers)
    for text, found in zip(texts, answers, strict=True):
        again = found and found.pop("again")
        assert found == read_here(text), repr(text)
        assert again == (found and found["rows"]), repr(text)
