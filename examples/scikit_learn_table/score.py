"""Scores a CSV file of penguins with the adopted graph: onnxruntime and numpy, nothing else.

    python -m examples.scikit_learn_table.score FOLDER/adopted/onnx/model.onnx datasets/penguins.csv

Prints a line for each penguin: the species and its probability.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.scorer import Scorer


def score(model: Path, table: Path) -> Iterator[tuple[str, float]]:
    """Species and probability of each row; cells are texts as the file has them."""
    scorer = Scorer(model)
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = [column.name for column in scorer.manifest.inputs]
    answers = scorer.predict({name: [row[name] for row in rows] for name in columns})
    pairs = zip(answers["prediction_label"], answers["prediction_score"], strict=True)
    for label, probabilities in pairs:
        yield str(label), float(probabilities.max())


if __name__ == "__main__":
    for species, probability in score(Path(sys.argv[1]), Path(sys.argv[2])):
        sys.stdout.write(f"{species} {probability:.12f}\n")
