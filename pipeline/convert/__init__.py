"""Stage 3a: from a fitted PyCaret pipeline to an ONNX graph."""

from pipeline.convert.lowering import Conversion, convert

__all__ = ["Conversion", "convert"]
