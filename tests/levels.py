"""Levels of instruction sets: `env $(python -m tests.levels AVX2) python -m pytest` works at one.

NumPy computes exp, log and pow, and OpenBLAS adds up products, in another way at each.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from numpy.core import _multiarray_umath as core

_AVX512 = tuple(name for name in core.__cpu_dispatch__ if name.startswith("AVX512"))
_DISABLED: Mapping[str, Sequence[str]] = {
    "baseline": core.__cpu_dispatch__,
    "AVX2": _AVX512,
    "AVX512": (),
}
_KERNELS = {"baseline": "Prescott", "AVX2": "Haswell", "AVX512": "SkylakeX"}
_NEEDED = {"AVX2": "AVX2", "AVX512": "AVX512F"}


def levels() -> list[str]:
    """The levels that this machine has, the lowest first."""
    return [name for name in _DISABLED if core.__cpu_features__.get(_NEEDED.get(name), True)]


def environment(level: str) -> dict[str, str]:
    """What a process needs in its environment so that NumPy and OpenBLAS work at a level.

    NumPy refuses to do without what it was built to expect, and warns of what it does not know.
    """
    names = [name for name in _DISABLED[level] if core.__cpu_features__.get(name)]
    return {"NPY_DISABLE_CPU_FEATURES": ",".join(names), "OPENBLAS_CORETYPE": _KERNELS[level]}


def is_own(level: str) -> bool:
    """Whether this process works at a level by itself, so that every run of the tests does."""
    import numpy.linalg  # noqa: F401  loads OpenBLAS
    from threadpoolctl import threadpool_info

    kernels = {found["architecture"] for found in threadpool_info() if "architecture" in found}
    return level == levels()[-1] and kernels == {_KERNELS[level]}


if __name__ == "__main__":
    print(*(f"{name}={value}" for name, value in environment(sys.argv[1]).items()))  # noqa: T201
