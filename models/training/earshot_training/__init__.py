"""Training, evaluation and export of the shortlisting bundle (PyTorch to ONNX)."""
