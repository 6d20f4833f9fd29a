"""Opens a graph in a process of its own, and says what that took, in one line of JSON.

`python -m pipeline.adopt.cold_start MODEL FEEDS PROVIDER`, where FEEDS is an .npz file with an
array for each input. Only numpy and onnxruntime are imported, as on a device.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def measure_start(model: Path, feeds: Path, provider: str) -> dict[str, float]:
    """Seconds to import, to open and to the first answer; bytes of memory that opening added."""
    import numpy as np

    arrays = dict(np.load(feeds).items())
    arrays |= {name: each.astype(object) for name, each in arrays.items() if each.dtype.kind == "U"}
    begun = time.perf_counter()
    import onnxruntime

    imported, before = time.perf_counter(), read_memory()
    providers = list(dict.fromkeys((provider, "CPUExecutionProvider")))
    session = onnxruntime.InferenceSession(model, providers=providers)
    opened = time.perf_counter()
    session.run(None, arrays)
    answered = time.perf_counter()
    return {
        "import_seconds": imported - begun,
        "open_seconds": opened - imported,
        "first_seconds": answered - opened,
        "memory_bytes": float(read_memory() - before),
    }


def read_memory() -> int:
    """Bytes of this process in memory; 0 where the system has no /proc."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return 0
    import resource

    return int(status.read_text().split()[1]) * resource.getpagesize()


def main(arguments: Sequence[str]) -> None:
    """Print the measurements of `MODEL FEEDS PROVIDER`."""
    model, feeds, provider = arguments
    sys.stdout.write(json.dumps(measure_start(Path(model), Path(feeds), provider)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
