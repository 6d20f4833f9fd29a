"""Writes ONNX nodes; knows no training library."""
