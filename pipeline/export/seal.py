"""Writes verdict, run and warnings into a graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.export.model import OnnxModel, with_metadata

if TYPE_CHECKING:
    from pipeline.parity.verify import Parity


def seal_model(
    model: OnnxModel, parity: Parity, run_id: str | None, warnings: Sequence[str] = ()
) -> OnnxModel:
    """The same graph with its verdict, its run and warnings written into manifest and metadata."""
    manifest = replace(
        model.manifest,
        notes=tuple(dict.fromkeys((*model.manifest.notes, *warnings))),
        verdict="pass" if parity.passed else "fail",
        parity=dict(parity.summary),
        run_id=run_id,
    )
    return replace(model, data=with_metadata(model.conversion.model, manifest), manifest=manifest)
