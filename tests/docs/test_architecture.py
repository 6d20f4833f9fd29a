"""The house stays as docs/architecture.md draws it."""

from __future__ import annotations

from docs.architecture.layout import measure_layout


def test_rooms_floors_and_arrows_stay_few() -> None:
    layout = measure_layout()  # fails where rooms use each other in a circle
    assert layout.rooms <= 34
    assert len(layout.floors) <= 14
    assert layout.arrows <= 209
