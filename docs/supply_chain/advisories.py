"""Known advisories against the locks: `python -m docs.supply_chain.advisories`.

Runs in the environment of tools.txt and asks OSV over the network; further arguments go to
pip-audit (`--osv-url URL` for a copy of OSV). Ends with 0 if each advisory is argued in
advisories.json, with 1 if one is not, with 3 if the check itself cannot be made, and with 7 if some
package was not looked up.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
LOCKS = ("requirements.txt", "requirements-score.txt")
ARGUED = FOLDER / "advisories.json"
ALL_ARGUED, NEW, INVALID, NO_ANSWER = 0, 1, 3, 7
SECONDS = 900
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)", re.MULTILINE)


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
        entries = json.loads(file.read_text(encoding="utf-8"))
        table = tuple(Argued(**entry | {"ids": tuple(entry["ids"])}) for entry in entries)
    except (OSError, ValueError, TypeError, KeyError) as err:
        raise InvalidError(f"{file.name}: {err}") from err
    names = [(entry.package, name) for entry in table for name in entry.ids]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InvalidError(f"{file.name}: more than once: {sorted(twice)}")
    if empty := [entry.package for entry in table if not (entry.ids and entry.what and entry.why)]:
        raise InvalidError(f"{file.name}: an entry without names or reason: {empty}")
    return table


def pins(text: str) -> dict[str, str]:
    """The versions of a lock, by normalized name."""
    return {normalized(name): version for name, version in PIN.findall(text)}


def normalized(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(answer: str, wanted: Mapping[str, str]) -> tuple[Found, ...]:
    """The advisories in what pip-audit prints as JSON about a lock's pins.

    Raises:
        NoAnswerError: it is no JSON, or it says nothing about some of the packages. pip-audit calls
            that "No known vulnerabilities found" and ends with 0.
    """
    try:
        entries = json.loads(answer)["dependencies"]
        looked_up = {normalized(e["name"]): e["version"] for e in entries if "vulns" in e}
        found = tuple(_found(e, vuln) for e in entries for vuln in e.get("vulns", ()))
    except (ValueError, TypeError, KeyError) as err:
        raise NoAnswerError("what came back is no list of packages") from err
    if missing := sorted(name for name in wanted if looked_up.get(name) != wanted[name]):
        raise NoAnswerError(
            f"{len(missing)} of {len(wanted)} were not looked up: {missing[0]}, ..."
        )
    return found


def _found(entry: Mapping[str, Any], vuln: Mapping[str, Any]) -> Found:
    ids = dict.fromkeys((vuln["id"], *vuln.get("aliases", ())))
    fixed = tuple(vuln.get("fix_versions", ()))
    return Found(normalized(entry["name"]), entry["version"], tuple(ids), fixed)


def new(found: Iterable[Found], table: Sequence[Argued]) -> tuple[Found, ...]:
    """What is not argued: no entry of the same package has one of its names."""
    known = {(entry.package, name) for entry in table for name in entry.ids}
    return tuple(f for f in found if not any((f.package, name) in known for name in f.ids))


def asked(lock: Path) -> str:
    """What pip-audit prints about a lock; nothing is installed.

    Raises:
        InvalidError: pip-audit is not there, or it does not take the lock.
        NoAnswerError: it took too long.
    """
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv"]
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    line = [*command, *options, "-r", str(lock)]
    _run([*line, "--dry-run"], InvalidError)
    return _run([*line, *sys.argv[1:]], NoAnswerError)


def _run(line: Sequence[str], failure: type[Exception]) -> str:
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired as err:
        raise NoAnswerError(f"nothing in {SECONDS} s") from err
    if not done.stdout.strip():  # its exit code is 1 for advisories too
        raise failure((done.stderr.strip() or "pip-audit printed nothing").splitlines()[-1])
    return done.stdout


def check(lock: Path, table: Sequence[Argued]) -> tuple[Found, ...]:
    """Ask about one lock and print what was found; returns what is not argued.

    Raises:
        InvalidError, NoAnswerError: as `asked` and `read` do.
    """
    wanted = pins(lock.read_text(encoding="utf-8"))
    found = read(asked(lock), wanted)
    unknown = new(found, table)
    print(f"{lock.name}: {len(wanted)} packages, {len(found)} advisories, {len(unknown)} new")
    for each in unknown:
        print(f"  {each}")
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
