"""Checks that store and artifact folders are writable and have room."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.doctor.finding import Finding, describe_error
from pipeline.track import resources
from pipeline.track.resources import FULL, SCARCE


def check(names: Sequence[str]) -> Iterator[Finding]:
    """One finding per folder that cannot be written, and per disk that is nearly full."""
    del names
    places = resources.list_places()
    disks = {place.stat().st_dev: place for place in places}
    found = [finding for place in places for finding in _writable(place)]
    found += [finding for place in disks.values() for finding in _room(place)]
    yield from found
    if not found:
        free = min(shutil.disk_usage(place).free for place in places)
        yield Finding(str(places[0]), "ok", f"{free / 1e9:.1f} GB free, can be written")


def _writable(place: Path) -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x" * 4096)
    except OSError as err:
        action = "give this user the rights to write there, or make room"
        yield Finding(str(place), "problem", describe_error(err), "a folder to write to", action)


def _room(place: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(place).free
    if free >= SCARCE:
        return
    yield Finding(
        str(place),
        "problem" if free < FULL else "note",
        f"{free / 1e6:,.0f} MB free",
        f"{SCARCE / 1e6:,.0f} MB",
        "make room: `python -m pipeline.models prune` takes old versions away",
    )
