"""A draft has a name that nobody can know before; what lies in its way is not written to."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pipeline.system import atomic_file


def drafts(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if atomic_file.DRAFT.fullmatch(path.name)]


def test_no_two_drafts_share_a_name_and_each_names_its_process(tmp_path: Path) -> None:
    with (
        atomic_file.replace_atomically(tmp_path / "a.csv"),
        atomic_file.replace_atomically(tmp_path / "a.csv"),
    ):
        names = [atomic_file.DRAFT.fullmatch(path.name) for path in drafts(tmp_path)]
        assert [match and (match["name"], int(match["pid"])) for match in names] == [
            ("a.csv", os.getpid())
        ] * 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("plant", ["link", "hard link", "file", "pipe"])
def test_what_was_planted_under_the_name_of_a_draft_is_not_written_to(
    plant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, planted = tmp_path / "victim", tmp_path / "planted"
    victim.write_text("precious")
    monkeypatch.setattr(atomic_file, "draft_path", lambda _: planted)
    if plant == "link":
        planted.symlink_to(victim)
    elif plant == "pipe":
        os.mkfifo(planted)
    else:
        planted.hardlink_to(victim) if plant == "hard link" else planted.write_text("")
    with pytest.raises(FileExistsError):
        atomic_file.write_text(tmp_path / "a", "x")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_file_that_is_replaced_keeps_who_may_read_it(mode: int, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    file.chmod(mode)
    with atomic_file.replace_atomically(file) as stream:
        (draft,) = drafts(tmp_path)
        assert stat.S_IMODE(draft.stat().st_mode) == mode
        stream.write(b"x")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_bytes()) == (mode, b"x")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a link to somebody else")
@pytest.mark.parametrize(("mode", "is_refused"), [(0o1777, True), (0o755, False)])
def test_a_link_that_another_user_put_into_a_shared_folder_is_not_followed(
    mode: int, is_refused: bool, tmp_path: Path
) -> None:
    folder, victim = tmp_path / "shared", tmp_path / "victim"
    folder.mkdir()
    folder.chmod(mode)
    victim.write_text("precious")
    link = folder / "a"
    link.symlink_to(victim)
    os.chown(link, 12345, 12345, follow_symlinks=False)
    if is_refused:
        with pytest.raises(PermissionError, match="another user"):
            atomic_file.write_text(link, "x")
    else:
        atomic_file.write_text(link, "x")
    assert victim.read_text() == ("precious" if is_refused else "x")


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        atomic_file.write_text(pipe, "x")
        assert os.read(reader, 9) == b"x"
    finally:
        os.close(reader)
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux")
def test_the_pipe_of_another_command_is_written_to_as_it_is(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    (tmp_path / "out").symlink_to(f"/proc/self/fd/{writer}")  # as /dev/stdout is
    atomic_file.write_text(tmp_path / "out", "x")
    os.close(writer)
    assert os.read(reader, 9) == b"x"
    os.close(reader)


@pytest.mark.parametrize("name", ["😀" * 60 + ".csv", "ü" * 125, "x" * 255])
def test_a_name_may_be_as_long_as_the_system_lets_it(name: str, tmp_path: Path) -> None:
    atomic_file.write_text(tmp_path / name, "x")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_link_to_itself_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("a")
    atomic_file.write_text(tmp_path / "a", "x")
    assert (tmp_path / "a").read_text() == "x"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_a_block_that_fails_leaves_what_was_there(error: type, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("earlier")
    with pytest.raises(error), atomic_file.replace_atomically(file) as stream:
        stream.write(b"half")
        raise error
    assert file.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [file]
