"""The command: from addresses of two runs to a page, its JSON twin, and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.compare.command import command
from tests.compare.conftest import Pair
from tests.report.conftest import HOSTILE_COLUMNS, HOSTILE_LABELS, HOSTILE_TARGET
from tests.report.page import Page, decoded


def compared(pair: Pair, folder: Path) -> tuple[Page, dict[str, object]]:
    done = command(pair.a.folder, pair.b.folder, "--output", folder)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == str(folder / "compare.html")
    content = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    return Page((folder / "compare.html").read_text(encoding="utf-8")), content


@pytest.mark.parametrize("name", ["numbers", pytest.param("classes", marks=pytest.mark.long)])
def test_the_page_is_whole_and_asks_for_nothing_from_outside(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    page, content = compared(request.getfixturevalue(name), tmp_path / "out")
    assert not any(tag in ("script", "link", "iframe", "object") for tag, _ in page.tags)
    places = {f"#{place}" for place in page.attributes("id")}
    assert set(page.attributes("href")) == places
    assert {place[1:] for place in places} < set(content)
    pictures = [decoded(address) for address in page.attributes("src", "srcset")]
    assert len(pictures) == 4  # two, light and dark
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    for section in places:
        for sentence in content[section[1:]]["said"]:  # type: ignore[index]
            assert " ".join(sentence.split()) in page.said


def test_hostile_names_are_shown_and_not_obeyed(classes: Pair, tmp_path: Path) -> None:
    page, _ = compared(classes, tmp_path / "out")
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "i"})
    for name in (*HOSTILE_COLUMNS, *HOSTILE_LABELS, HOSTILE_TARGET):
        assert " ".join(name.split()) in page.said
    assert "49" not in page.blocks("td")


def test_an_output_that_cannot_be_written_is_said_so(numbers: Pair, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = command(numbers.a.folder, numbers.b.folder, "--output", tmp_path / "file")
    assert (done.exit_code, "cannot write" in done.stderr) == (3, True)
