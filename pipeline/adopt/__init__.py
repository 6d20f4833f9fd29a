"""Adopts a model that was trained elsewhere: one graph, proven against its own framework."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """`adopt` of `pipeline.adopt.run`, imported when it is asked for."""
    if name != "adopt":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pipeline.adopt.run import adopt

    return adopt
