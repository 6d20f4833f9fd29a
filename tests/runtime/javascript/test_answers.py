"""Answers of JavaScript are those of Python, for rows that have one and rows that have none."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

from pipeline.manifest import UNANSWERED
from pipeline.runtime.javascript import JAVASCRIPT
from tests.bundle.aws_lambda.functions import FILES, load_module
from tests.commands import needed

events = load_module(FILES / "python" / "events.py")
SCORES = np.array([[0.25, 0.75], [np.nan, np.nan], [0.5, 0.5]])
PROGRAM = """
import { answered } from %s;
const numbers = (values) => values.map((value) => (value === null ? NaN : value));
const { label, score, labels, whole } = JSON.parse(process.argv[1]);
const outputs = { prediction_label: whole ? label.map(BigInt) : labels ? label : numbers(label) };
if (score) outputs.prediction_score = numbers(score);
const manifest = { inputs: [], labels, required: ["a"] };
console.log(JSON.stringify(answered(outputs, manifest, label.length)));
"""


class Answering:
    """Of a `Scorer` what an answer needs."""

    def __init__(self, labels: Any, kind: str) -> None:
        self.manifest = self
        self.labels, self._none = labels, UNANSWERED[kind]

    def unanswered(self, label: Any) -> Any:
        return np.isnan(label) if self.labels is None else label == self._none


@pytest.mark.parametrize(
    ("kind", "label", "labels"),
    [
        ("tensor(double)", np.array([1.5, np.nan, -0.25]), None),
        ("tensor(string)", np.array(["yes", "", "no"], dtype=object), ["no", "yes"]),
        ("tensor(int64)", np.array([1, -(2**63), 0]), [0, 1]),
    ],
)
def test_an_unanswered_row_is_null_in_both(kind: str, label: Any, labels: Any) -> None:
    outputs = {"prediction_label": label}
    if labels is not None:
        outputs["prediction_score"] = SCORES
    here = list(events._answers(Answering(labels, kind), outputs))
    given = {
        "label": list(map(str, label)) if kind == "tensor(int64)" else clean(label.tolist()),
        "score": None if labels is None else clean(SCORES.ravel().tolist()),
        "labels": labels,
        "whole": kind == "tensor(int64)",
    }
    program = PROGRAM % json.dumps((JAVASCRIPT / "answers.mjs").as_uri())
    command = [needed(shutil.which("node"), "node"), "--input-type=module", "-e", program]
    done = subprocess.run(
        [*command, json.dumps(given)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == here
    assert [each["label"] for each in here] == [None if k == 1 else label[k] for k in range(3)]


def clean(values: list[Any]) -> list[Any]:
    """As JSON has them: NaN is null."""
    return [None if value != value else value for value in values]  # noqa: PLR0124
