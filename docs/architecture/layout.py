"""Rooms, floors and arrows of the package: `python -m docs.architecture.layout`.

A room is a file or folder right under `pipeline/`. An arrow is a room that imports another, imports
inside functions included, those for type checkers alone left out. A room stands one floor above the
highest room that it uses. The imports are read by grimp, as import-linter reads them.
"""

from __future__ import annotations

import dataclasses
import graphlib
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "pipeline"


@dataclasses.dataclass(frozen=True)
class Layout:
    """`floors` from the ground up, each with the names of its rooms; `uses` by room."""

    floors: Sequence[Sequence[str]]
    uses: Mapping[str, frozenset[str]]

    @property
    def rooms(self) -> int:
        return len(self.uses)

    @property
    def arrows(self) -> int:
        return sum(map(len, self.uses.values()))


def measure_layout() -> Layout:
    """Raises graphlib.CycleError, which names the rooms, where rooms use each other in a circle."""
    uses = _uses()
    sorter = graphlib.TopologicalSorter(uses)
    sorter.prepare()
    floors = []
    while sorter.is_active():
        floor = sorter.get_ready()
        floors.append(sorted(floor))
        sorter.done(*floor)
    return Layout(floors, uses)


def _uses() -> dict[str, frozenset[str]]:
    import grimp

    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)
    rooms = graph.find_children(PACKAGE)
    for room in rooms:
        graph.squash_module(room)
    imported = graph.find_modules_directly_imported_by
    return {_name(room): frozenset(map(_name, imported(room) & rooms - {room})) for room in rooms}


def _name(room: str) -> str:
    return room.removeprefix(f"{PACKAGE}.")


def modules_without_tests() -> list[str]:
    """Modules with functions or methods and no file of their own under tests/, sorted.

    `pipeline/ROOM/FILE.py` has its tests in `tests/ROOM/test_FILE.py`, `__main__.py` in
    `test_main.py`.
    """
    files = sorted((ROOT / PACKAGE).rglob("*.py"))
    return [
        str(file.relative_to(ROOT))
        for file in files
        if _has_logic(file) and not _home(file).exists()
    ]


def _home(file: Path) -> Path:
    inside = file.relative_to(ROOT / PACKAGE)
    return ROOT / "tests" / inside.parent / f"test_{inside.stem.strip('_')}.py"


def _has_logic(file: Path) -> bool:
    return file.name != "__init__.py" and "def " in file.read_text("utf-8")


if __name__ == "__main__":
    layout = measure_layout()
    for number, floor in reversed(list(enumerate(layout.floors))):
        print(f"{number:>3}  {', '.join(floor)}")
    files = list((ROOT / PACKAGE).rglob("*.py"))
    lines = sum(len(file.read_text("utf-8").splitlines()) for file in files)
    print(f"{layout.rooms} rooms, {len(layout.floors)} floors, {layout.arrows} arrows")
    print(f"{len(files)} modules, {lines} lines")
    print("without tests of their own:", *modules_without_tests(), sep="\n  ")
