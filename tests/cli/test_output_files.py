"""Nothing that a command reads, or writes, is lost to what it writes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli.output_files import check_writable_place, keep_apart
from pipeline.errors import ConfigError, UsageError

OTHER_NAMES: dict[str, Callable[[Path], Path]] = {
    "the same": lambda file: file,
    "a detour": lambda file: file.parent / "sub" / ".." / file.name,
    "a link": lambda file: linked(file, os.symlink),
    "a second name": lambda file: linked(file, os.link),
}


def linked(file: Path, link: Callable[[Path, Path], None]) -> Path:
    other = file.with_name("other.csv")
    link(file, other)
    return other


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "table.csv").touch()
    return tmp_path / "table.csv"


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_a_file_that_is_read_is_not_replaced_whatever_name_it_has(file: Path, name: str) -> None:
    other = OTHER_NAMES[name](file)
    with pytest.raises(UsageError, match="--output is the file that --data reads"):
        keep_apart({"--data": file, "--model": None}, {"--output": other})


def test_two_flags_do_not_write_one_file_even_if_it_is_new(tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    with pytest.raises(UsageError, match="--summary is the file that --output writes"):
        keep_apart({}, {"--output": new, "--summary": tmp_path / "." / "new.csv"})
    keep_apart({}, {"--output": new, "--summary": tmp_path / "other.json", "--health": None})


def test_a_device_may_be_written_twice_and_two_flags_may_read_one_file(file: Path) -> None:
    null = Path(os.devnull)
    keep_apart({"--data": null}, {"--output": null, "--summary": null})
    keep_apart({"--data": file, "--config": file}, {})


def test_a_place_is_good_if_its_folder_is_there(file: Path, tmp_path: Path) -> None:
    check_writable_place(file)
    check_writable_place(tmp_path / "new.csv")
    with pytest.raises(ConfigError, match="it is a folder"):
        check_writable_place(tmp_path)
    (tmp_path / "astray").symlink_to(tmp_path / "gone" / "file")
    for place in (tmp_path / "gone" / "file", tmp_path / "astray"):
        with pytest.raises(ConfigError, match="no such folder"):
            check_writable_place(place)
