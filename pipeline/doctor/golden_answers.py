"""Compares a graph's predictions with those recorded at its training."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.doctor.finding import Finding, describe_error

if TYPE_CHECKING:
    from pipeline.manifest import Manifest
    from pipeline.manifest.columns import Input
    from pipeline.runtime.scorer import Scorer


def inspect_packages(subject: str, manifest: Manifest) -> Iterator[Finding]:
    """Whether the installed packages may score the model, and are those it was proven with."""
    from packaging.version import Version

    installed, least = metadata.version("onnxruntime"), manifest.minimum_onnxruntime
    if least and Version(installed) < Version(least):
        action = f"python -m pip install 'onnxruntime>={least}'"
        yield Finding(subject, "problem", f"onnxruntime {installed}", f"at least {least}", action)
    if manifest.verdict == "fail":
        yield Finding(subject, "problem", "its own manifest says the proof failed", "pass")
    differing = [
        f"{package} {now} instead of {then}"
        for package, then in manifest.versions.items()
        if (now := _installed_version(package)) != then
    ]
    if differing:
        found = f"proven with other versions: {', '.join(differing)}"
        action = "install config/requirements.txt of its run, or train again with these"
        yield Finding(subject, "note", found, "", action)


def compare_golden_rows(subject: str, scorer: Scorer, file: Path) -> Iterator[Finding]:
    """Whether the golden rows still get PyCaret's answers, within the bounds they came with."""
    try:
        golden = json.loads(file.read_text(encoding="utf-8"))
        wrong = _wrong(scorer, golden)
    except Exception as err:  # noqa: BLE001  a file that somebody edited, or onnxruntime's own
        wrong = f"the golden rows cannot be scored ({describe_error(err)})"
    if wrong:
        action = "install the onnxruntime of config/requirements.txt of its run, then look again"
        yield Finding(subject, "problem", wrong, "the answers of the training", action)


def _wrong(scorer: Scorer, golden: Mapping[str, Any]) -> str:
    """What differs by more than the recorded bound; empty when nothing does."""
    import numpy as np

    found = scorer.predict({i.name: _column(i, golden["inputs"]) for i in scorer.manifest.inputs})
    expected, bound = golden["expected"], golden["tolerance"]
    labels, answers = expected["prediction_label"], found["prediction_label"]
    if scorer.manifest.predicts == "classes":
        flipped = sum(a != b for a, b in zip(answers.tolist(), labels, strict=True))
        if flipped:
            return f"{flipped} of {len(labels)} golden rows get another label"
        if "prediction_score" not in expected:
            return ""
        errors = np.abs(found["prediction_score"] - np.array(expected["prediction_score"]))
    else:
        wanted = np.array(labels, dtype=float)
        scale = np.maximum(np.abs(wanted), golden["scale"])
        errors = np.abs(np.asarray(answers, dtype=float) - wanted) / scale
    largest = float(errors.max(initial=0.0))
    return "" if largest <= bound else f"golden rows differ by {largest:.1e}, bound {bound:.1e}"


def _column(column: Input, columns: Mapping[str, list[Any]]) -> Any:
    """A column as the scorer takes it; golden rows once held dates as nanoseconds."""
    import numpy as np

    values = columns[column.name]
    if column.kind != "date" or any(isinstance(value, str) for value in values):
        return values
    nanoseconds = [np.iinfo(np.int64).min if value is None else value for value in values]
    return np.array(nanoseconds, dtype=np.int64).view("datetime64[ns]")


def _installed_version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"
