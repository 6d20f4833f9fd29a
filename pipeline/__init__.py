"""From a table to one proven ONNX model: PyCaret trains, ONNX serves, MLflow keeps."""

__version__ = "0.1.0"
