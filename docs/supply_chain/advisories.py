"""Known advisories against the locks: `python -m docs.supply_chain.advisories`.

Runs in the environment of tools.txt and asks OSV over the network; further arguments go to
pip-audit (`--osv-url URL` for a copy of OSV). Ends with 0 if each advisory is argued in
advisories.json, with 1 if one is not, with 3 if the check itself cannot be made, and with 7 if some
package was not looked up.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.system import typed_json

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
LOCKS = ("requirements.txt", "requirements-score.txt")
ARGUED = FOLDER / "advisories.json"
ALL_ARGUED, NEW, INVALID, NO_ANSWER = 0, 1, 3, 7
SECONDS = 900
PIN = re.compile(
    r"([A-Z0-9][A-Z0-9._-]*)\s*(?:\[[^\]]*\])?\s*==\s*([A-Z0-9][A-Z0-9.!+_-]*)\s*(?:;.*)?",
    re.I | re.A,
)
_NAME = re.compile(r"[A-Z0-9][\w.:-]*", re.I | re.A)
"""What an advisory goes by."""
_JOINED = re.compile(r"\\\r?\n")
_BESIDE = re.compile(r"(?:^|\s)(?:#.*|--hash=\S+)")


class InvalidError(Exception):
    """The check cannot be made: the lock, the table or the tool is not as it should be."""


class NoAnswerError(Exception):
    """Not every package was looked up."""


@dataclass(frozen=True)
class Argued:
    """A known advisory: the names it goes by, what it says, and why it does or does not matter."""

    package: str
    ids: tuple[str, ...]
    what: str
    why: str

    @property
    def is_whole(self) -> bool:
        texts = (self.package, self.what, self.why, *self.ids)
        return bool(self.ids) and all(text.strip() for text in texts)


@dataclass(frozen=True)
class _Advisory:
    id: str
    aliases: tuple[str, ...] = ()
    fix_versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Package:
    """`vulns` is None, and there is no version, where pip-audit has not looked it up."""

    name: str
    version: str = ""
    vulns: tuple[_Advisory, ...] | None = None


@dataclass(frozen=True)
class _Answer:
    """What pip-audit prints."""

    dependencies: tuple[_Package, ...]


@dataclass(frozen=True)
class Found:
    """An advisory against a pinned package."""

    package: str
    version: str
    ids: tuple[str, ...]
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        fixed = f"fixed in {', '.join(self.fixed)}" if self.fixed else "fixed in no version"
        return f"{self.package} {self.version}: {', '.join(self.ids)}, {fixed}"


def argued(file: Path = ARGUED) -> tuple[Argued, ...]:
    """The table of known advisories.

    Raises:
        InvalidError: an entry is incomplete, or a name stands there twice.
    """
    try:
        table: tuple[Argued, ...] = typed_json.read_dataclass(
            tuple[Argued, ...], file.read_text(encoding="utf-8")
        )
    except (OSError, ValueError) as err:
        raise InvalidError(f"{file.name}: {err}") from err
    names = [(entry.package, name) for entry in table for name in entry.ids]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InvalidError(f"{file.name}: more than once: {sorted(twice)}")
    if empty := [entry.package for entry in table if not entry.is_whole]:
        raise InvalidError(f"{file.name}: an entry without names or reason: {empty}")
    return table


def pins(text: str) -> dict[str, str]:
    """The versions of a lock, by normalized name.

    Raises:
        InvalidError: it pins nothing, something twice, or holds a line that is no pin: what is not
            understood would count as looked up.
    """
    found: dict[str, str] = {}
    for line in _JOINED.sub(" ", text).splitlines():
        if not (requirement := _BESIDE.sub("", line).strip()):
            continue
        if (pin := PIN.fullmatch(requirement)) is None:
            raise InvalidError(f"got {requirement[:80]!r}, expected NAME==VERSION")
        if found.setdefault(normalized(pin[1]), pin[2]) != pin[2]:
            raise InvalidError(f"got {pin[1]} twice, expected one version")
    if not found:
        raise InvalidError("got no pin, expected NAME==VERSION in each line")
    return found


def normalized(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(answer: str, wanted: Mapping[str, str]) -> tuple[Found, ...]:
    """The advisories in what pip-audit prints as JSON about a lock's pins.

    Raises:
        NoAnswerError: it is not what pip-audit prints, or it says nothing about some of the
            packages. pip-audit calls that "No known vulnerabilities found" and ends with 0.
    """
    try:
        entries = typed_json.read_dataclass(_Answer, answer).dependencies
    except ValueError as err:
        raise NoAnswerError(f"what came back is no list of packages: {err}") from err
    looked_up = {normalized(e.name): e.version for e in entries if e.vulns is not None}
    found = tuple(_found(e, each) for e in entries for each in e.vulns or ())
    if odd := [name for each in found for name in each.ids if not _NAME.fullmatch(name)]:
        raise NoAnswerError(f"what came back names an advisory {odd[0][:80]!r}")
    if missing := sorted(name for name in wanted if looked_up.get(name) != wanted[name]):
        raise NoAnswerError(
            f"{len(missing)} of {len(wanted)} were not looked up: {missing[0]}, ..."
        )
    return found


def _found(entry: _Package, advisory: _Advisory) -> Found:
    ids = dict.fromkeys((advisory.id, *advisory.aliases))
    return Found(normalized(entry.name), entry.version, tuple(ids), advisory.fix_versions)


def new(found: Iterable[Found], table: Sequence[Argued]) -> tuple[Found, ...]:
    """What is not argued: no entry of the same package has one of its names."""
    known = {(entry.package, name) for entry in table for name in entry.ids}
    return tuple(f for f in found if not any((f.package, name) in known for name in f.ids))


def asked(lock: Path) -> str:
    """What pip-audit prints about a lock; nothing is installed.

    Raises:
        InvalidError: pip-audit is not there, or it does not take the lock.
        NoAnswerError: it took too long, or has failed.
    """
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv"]
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    line = [*command, *options, "-r", str(lock)]
    _run([*line, "--dry-run"], InvalidError)
    return _run([*line, *sys.argv[1:]], NoAnswerError)


def _run(line: Sequence[str], failure: type[Exception]) -> str:
    try:
        done = subprocess.run(line, capture_output=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired as err:
        raise NoAnswerError(f"nothing in {SECONDS} s") from err
    said, told = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    if not said.strip() or done.returncode not in (0, 1):  # 1 stands for advisories too
        raise failure((told.strip() or "pip-audit printed nothing").splitlines()[-1])
    return said


def check(lock: Path, table: Sequence[Argued]) -> tuple[Found, ...]:
    """Ask about one lock and print what was found; returns what is not argued.

    Raises:
        InvalidError, NoAnswerError: as `asked` and `read` do.
    """
    try:
        wanted = pins(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError, InvalidError) as err:
        raise InvalidError(f"{lock.name}: {err}") from err
    found = read(asked(lock), wanted)
    unknown = new(found, table)
    print(f"{lock.name}: {len(wanted)} packages, {len(found)} advisories, {len(unknown)} new")
    for each in unknown:
        print(f"  {each}".encode("ascii", "backslashreplace").decode())
    return unknown


def main(locks: Sequence[Path] = tuple(ROOT / lock for lock in LOCKS)) -> int:
    """Check every lock; returns the exit code."""
    try:
        table = argued()
        unknown = [each for lock in locks for each in check(lock, table)]
    except InvalidError as err:
        print(f"advisories: the check cannot be made: {err}", file=sys.stderr)
        return INVALID
    except NoAnswerError as err:
        print(f"advisories: not checked, no answer over the network: {err}", file=sys.stderr)
        return NO_ANSWER
    if unknown:
        print(f"Move the pin, or say in {ARGUED.relative_to(ROOT)} why it does not matter here.")
    return NEW if unknown else ALL_ARGUED


if __name__ == "__main__":
    sys.exit(main())
