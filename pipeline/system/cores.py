"""Counts usable cores."""

from __future__ import annotations

import multiprocessing
import sys


def usable_cores() -> int:
    """Number of workers that make sense: cores that this process may use, or 1 without fork.

    Affinity, the container's quota and LOKY_MAX_CPU_COUNT are respected.
    """
    import joblib

    return int(joblib.cpu_count()) if can_fork() else 1


def can_fork() -> bool:
    """Whether there can be workers at all."""
    # macOS can fork, but its system libraries abort in the child
    return "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
