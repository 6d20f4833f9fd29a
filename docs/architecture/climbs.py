"""The way of the settings through one training: `python -m docs.architecture.climbs`.

Trains two models on a dataset of the project, in a temporary folder and store, and prints in order
each room where a function is called with the settings among its arguments: a `TrainConfig`, or the
`ConversionPlan` that carries one. Constructors of dataclasses and generators that go on are no
calls. A climb: the next room lies on a higher floor than the last one; floors as in layout.py.
"""

from __future__ import annotations

import inspect
import itertools
import os
import sys
import tempfile
from pathlib import Path
from types import FrameType

from docs.architecture.layout import PACKAGE, measure_layout

CARRIERS = ("TrainConfig", "ConversionPlan")
SETTINGS = {"dataset": "insurance", "include": ("lr", "dt"), "fold": 2}


class Walk:
    """`calls` are (room, function) in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self._generators: set[FrameType] = set()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call that is given the settings; for `sys.setprofile`."""
        module, _, rest = str(frame.f_globals.get("__name__", "")).partition(".")
        code = frame.f_code
        if event != "call" or module != PACKAGE or code.co_filename.startswith("<"):
            return
        given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if not any(type(frame.f_locals.get(name)).__name__ in CARRIERS for name in given):
            return
        if code.co_flags & inspect.CO_GENERATOR:
            if frame in self._generators:
                return
            self._generators.add(frame)
        self.calls.append((rest.split(".")[0], code.co_qualname))


def walk_training() -> list[tuple[str, str]]:
    """The calls of one training, from `train` on."""
    from pipeline.config.train_config import TrainConfig
    from pipeline.train.run import train

    config, walk, here = TrainConfig(**SETTINGS), Walk(), Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        os.chdir(folder)
        sys.setprofile(walk)
        try:
            train(config)
        finally:
            sys.setprofile(None)
            os.chdir(here)
    return walk.calls


if __name__ == "__main__":
    floors = {room: n for n, rooms in enumerate(measure_layout().floors) for room in rooms}
    calls = walk_training()
    stays = [
        (room, dict.fromkeys(name for _, name in found))
        for room, found in itertools.groupby(calls, lambda call: call[0])
    ]
    climbs, last = 0, len(floors)
    for room, names in stays:
        climbs += floors[room] > last
        mark = "^" if floors[room] > last else " "
        print(f"{mark} {floors[room]:2}  {room:10} {', '.join(names)}")
        last = floors[room]
    rooms = len({room for room, _ in stays})
    print(f"{len(calls)} calls, {rooms} rooms, {len(stays) - 1} moves, {climbs} climbs")
