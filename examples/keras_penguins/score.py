"""Scores a CSV file of penguins with the adopted graph: onnxruntime and numpy, nothing else.

    python examples/keras_penguins/score.py FOLDER/adopted/onnx/model.onnx datasets/penguins.csv

Prints a line for each penguin that was measured: the species and its probability.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime

SPECIES = ("Adelie", "Chinstrap", "Gentoo")


def score(model: Path, table: Path) -> Iterator[tuple[str, float]]:
    """Species and probability of each row that has every number."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    numbers = [one.name for one in session.get_inputs() if one.type == "tensor(float)"]
    words = [one.name for one in session.get_inputs() if one.type == "tensor(string)"]
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if all(_is_number(row[n]) for n in numbers)]
    feeds = {name: np.array([[row[name]] for row in rows], np.float32) for name in numbers}
    for name in words:
        feeds[name] = np.array([[_read_word(row[name])] for row in rows], object)
    (probabilities,) = session.run(["probabilities"], feeds)
    for row in probabilities:
        yield SPECIES[row.argmax()], float(row.max())


def _is_number(cell: str) -> bool:
    return cell not in ("", "NA")


def _read_word(cell: str) -> str:
    return "" if cell == "NA" else cell


if __name__ == "__main__":
    for species, probability in score(Path(sys.argv[1]), Path(sys.argv[2])):
        sys.stdout.write(f"{species} {probability:.3f}\n")
