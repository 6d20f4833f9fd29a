"""Stage 3a: converts a fitted PyCaret pipeline to an ONNX graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.convert.lowering import Conversion, convert

__all__ = ["Conversion", "convert", "register"]


def __getattr__(name: str) -> Any:
    """`Conversion` and `convert` when they are asked for: they need onnx and pandas, seconds."""
    if name in ("Conversion", "convert"):
        from pipeline.convert import lowering

        return getattr(lowering, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def register() -> None:
    """Let `skl2onnx.to_onnx(pipeline, frame)` convert whole PyCaret pipelines, as `convert` does.

    Nothing is registered before this is called; a second call changes nothing.
    """
    from pipeline.convert import skl2onnx_bridge

    skl2onnx_bridge.register_with_skl2onnx()
