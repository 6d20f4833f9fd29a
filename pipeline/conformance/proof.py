"""Reads the line that every verify prints, and finds what it says against the proof."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.bundle.model_files import BundleSource
from pipeline.system.typed_json import read_dataclass

_SHOWN = 80


@dataclass(frozen=True)
class VerifiedCells:
    """Feed cases that were replayed, and those whose value in the tensor is another."""

    count: int
    wrong: tuple[Any, ...]


@dataclass(frozen=True)
class VerifiedRows:
    """Golden rows that were replayed; an error of null, as JavaScript has it, is infinite."""

    count: int
    flips: int
    error: float | None
    graph_error: float | None
    warnings: int = 0

    def __post_init__(self) -> None:
        for name in ("error", "graph_error"):
            value = getattr(self, name)
            is_number = value is not None and not math.isnan(value)
            object.__setattr__(self, name, float(value) if is_number else math.inf)


@dataclass(frozen=True)
class VerifiedSpeed:
    """Opening, one row and 10,000, from cells to answers; None where that was not measured."""

    open_ms: float | None = None
    row_us: float | None = None
    batch_ms: float | None = None


@dataclass(frozen=True)
class Proof:
    """What a runtime has shown; see pipeline.bundle.target."""

    runtime: str
    cells: VerifiedCells
    rows: VerifiedRows
    speed: VerifiedSpeed = VerifiedSpeed()


def read_proof(output: str) -> Proof:
    """What verify found, from the last line that it wrote.

    Raises:
        ValueError: it is not the JSON object that was agreed.
    """
    last = (output.strip().splitlines() or [""])[-1]
    try:
        proof: Proof = read_dataclass(Proof, last)
        rows = proof.rows
    except (ValueError, OverflowError) as err:
        shown = last if len(last) <= _SHOWN else f"{last[:_SHOWN]}…"
        raise ValueError(
            f"got the last line {shown!r} ({err}), expected one JSON object with runtime, cells "
            "and rows"
        ) from err
    if min(proof.cells.count, rows.count, rows.flips, rows.warnings) < 0:
        raise ValueError(f"got {last[:_SHOWN]!r}, expected counts of 0 or more")
    return proof


def find_differences(proof: Proof, source: BundleSource) -> Iterator[str]:
    """Each way in which a runtime is not as proven, in words.

    A runtime that was not asked all of it has not passed.
    """
    golden = json.loads(source.golden)
    rows, total = proof.rows, len(golden["kinds"])
    if rows.count != total:
        yield f"{rows.count} of {total} golden rows replayed"
    cases = sum(len(entry["cases"]) for entry in json.loads(source.cases)["columns"])
    if proof.cells.count != cases:
        yield f"{proof.cells.count} of {cases} feed cases replayed"
    if wrong := len(proof.cells.wrong):
        yield f"{wrong} of {proof.cells.count} cells wrong"
    if rows.warnings:
        yield f"{rows.warnings} rows with another warning"
    if rows.flips:
        yield f"{rows.flips} flips"
    for name, error, bound in (
        ("PyCaret", rows.error, golden["tolerance"]),
        ("the graph", rows.graph_error, golden["graph"]["tolerance"]),
    ):
        if not error <= bound:
            yield f"{error:.1e} from {name}, at most {bound:.0e} is allowed"
