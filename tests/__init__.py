"""What every process of the tests needs before it imports NumPy, onnxruntime or MLflow."""

import gc
import os

for name, value in {
    # libraries that phone home otherwise
    "ORT_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # PyCaret would leave its log in the working directory
    "PYCARET_CUSTOM_LOGGING_PATH": os.devnull,
    # threads that wait by spinning take the core from the tests beside them
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_THREAD_TIMEOUT": "4",
}.items():
    os.environ.setdefault(name, value)

_collect = gc.collect


def _collect_young(generation: int = 1) -> int:
    """PyCaret collects garbage at the end of every call, and visits a million objects of modules.

    Old garbage goes all the same: Python collects it where there is much of it.
    """
    return _collect(generation)


gc.collect = _collect_young
