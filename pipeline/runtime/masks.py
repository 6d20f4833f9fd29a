"""Reads the masks of a graph that warns: which columns of which rows training never saw.

Standard library and numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.manifest import WORD, Mask, Warned
from pipeline.manifest.columns import Input
from pipeline.runtime.table_columns import Tensor
from pipeline.runtime.unseen import find_gaps, flag_values

WARNS: tuple[Warned, ...] = ("missing", "unseen", "range")


def flag_rows(inputs: Sequence[Input], tensors: Mapping[str, Tensor]) -> dict[Warned, Tensor]:
    """What the graph has to warn of: (N, C) bool of each kind, computed without the graph.

    As `pipeline.runtime.unseen` counts; but a cell that is no date is a missing one, as it is in
    the tensor.

    Args:
        inputs: the C columns.
        tensors: (N, 1) of each.
    """
    count = len(next(iter(tensors.values())))
    found: dict[Warned, Tensor] = {
        warned: np.zeros((count, len(inputs)), dtype=bool) for warned in WARNS
    }
    for place, column in enumerate(inputs):
        tensor = tensors[column.name].reshape(-1)
        for warned, flags in flag_values(column, tensor, find_gaps(column, tensor)):
            found[warned][:, place] = flags
    return found


def pack_flags(flags: Tensor) -> Tensor:
    """(N, C) bool as words of a mask: (N, W) int32."""
    count = -(-flags.shape[1] // WORD)
    bits = np.zeros((len(flags), count * WORD), dtype=np.int64)
    bits[:, : flags.shape[1]] = flags
    powers = 1 << np.arange(WORD, dtype=np.int64)
    return (bits.reshape(len(flags), count, WORD) @ powers).astype(np.int32)


def unpack_mask(mask: Tensor, columns: int) -> Tensor:
    """(N, W) int32 as flags: (N, C) bool."""
    bits = mask[:, :, None] >> np.arange(WORD, dtype=np.int32) & 1
    return bits.reshape(len(mask), mask.shape[1] * WORD)[:, :columns].astype(bool)


def list_warnings(
    inputs: Sequence[Input], masks: Sequence[Mask], found: Mapping[str, Tensor]
) -> list[dict[str, list[str]]]:
    """The columns that each row is warned of, by kind; a row without a warning is empty.

    Args:
        inputs: the manifest's.
        masks: the manifest's.
        found: the graph's output of each mask, by its name.
    """
    rows: list[dict[str, list[str]]] = [{} for _ in range(len(found[masks[0].name]))]
    for mask in masks:
        flags = unpack_mask(found[mask.name], len(inputs))
        for row, place in zip(*(part.tolist() for part in np.nonzero(flags)), strict=True):
            rows[row].setdefault(mask.warns, []).append(inputs[place].name)
    return rows
