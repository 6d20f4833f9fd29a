"""Functions as ONNX nodes, rounded as the originals round."""
