"""The way of a model whose sample is a table: exported, proven, sealed with the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.export import feed_contract
from pipeline.export.model import OnnxModel
from pipeline.parity.verify import Parity

if TYPE_CHECKING:
    import pandas as pd


def adopt_table_model(
    model: Any, frame: pd.DataFrame, name: str, target: str = "label", run_id: str | None = None
) -> tuple[OnnxModel, Parity]:
    """Export a fitted model and prove the graph.

    Args:
        model: a fitted estimator or pipeline of scikit-learn, or a booster.
        frame: rows that it takes, target or not; as many as there are, as they are what is known
            of its columns.
        name: of the model, in the registry too.
        target: what it predicts.
        run_id: of the MLflow run that keeps it.

    Returns:
        The graph, its manifest sealed with the verdict, and the evidence.

    Raises:
        UsageError: model and sample do not fit each other.
        DataError: a column has values of several types.
        ConversionError: a step or the estimator has no exact form.
    """
    from pipeline.adopt.frameworks.boosters import dress_booster
    from pipeline.adopt.table_model import export_table_model
    from pipeline.adopt.table_proof import verify_table_model
    from pipeline.export.seal import seal_model

    model = dress_booster(model)
    exported = export_table_model(model, frame, name, target)
    parity = verify_table_model(exported, model, frame)
    return seal_model(exported, parity, run_id), parity


def render_table_model(model: OnnxModel, parity: Parity) -> dict[str, str | bytes]:
    """The files of `onnx/` in an artifact folder, by name, as bundles and conformance read them."""
    return {
        "model.onnx": model.data,
        "manifest.json": model.manifest.to_json(),
        "golden.json": parity.golden.to_json(),
        feed_contract.FILE: feed_contract.render_feed_cases(model.manifest.inputs),
    }
