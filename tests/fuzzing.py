"""Changes files and JSON at random, again and again, and counts what came of each try.

Each try has random numbers of its own, made of the session's seed and its number, so that one that
fails can be had again: FUZZ_SEED=7 python -m pytest …; the seed stands in every failure, and in the
head of a session.
"""

from __future__ import annotations

import copy
import os
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from tests.attacks import Counted

SEED = int(os.environ.get("FUZZ_SEED", "0"))
MANY, FEW = 2000, 60
"""Tries of a suite in the long tier, and of its beginning in every run."""
SECONDS = 20
"""After which a try counts as hung, on however busy a machine."""
MEGABYTES = 600
"""By which no try may make the process larger; the largest file here has a few kB."""
TOKENS = (
    *(b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b'"', b'""', b",", b";"),
    *(b"\t", b"|", b"'", b"=", b"-", b"1e999", b"-0", b"NaN", b"null", b"true", b"nan", b"NA"),
    *(b"9" * 400, b"\xed\xa0\x80", "\u2028\u202e\u0663".encode(), b"{", b"[", b"}", b"]", b":"),
)
"""What a reader may stumble over."""
SHOWN = 8


def changed(data: bytes, random: Random) -> bytes:
    """Bytes with up to three places exchanged, flipped, cut out, doubled, moved or grown.

    Every third time whole lines, or what is between commas.
    """
    if random.random() < 1 / 3:
        return _in_parts(data, random)
    content = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 3))):
        size = len(content)
        at, length = random.randrange(size + 1), random.choice((1, 1, 2, 8, 40))
        how = random.choice(("bit", "byte", "gone", "twice", "moved", "token", "zeros", "end"))
        part = content[at : at + length]
        if how == "bit" and part:
            content[at] ^= 1 << random.randrange(8)
        elif how == "byte" and part:
            content[at] = random.randrange(256)
        elif how == "gone":
            del content[at : at + length]
        elif how == "twice":
            content[at:at] = part
        elif how == "moved":
            del content[at : at + length]
            to = random.randrange(len(content) + 1)
            content[to:to] = part
        elif how == "token":
            content[at : at + random.choice((0, length))] = random.choice(TOKENS)
        elif how == "zeros":
            content[at : at + length] = bytes(len(part))
        elif how == "end" and random.random() < 0.3:
            del content[at:]
    return bytes(content)


def _in_parts(data: bytes, random: Random) -> bytes:
    between = random.choice((b"\n", b"\n", b",", b";"))
    parts = data.split(between)
    for _ in range(random.choice((1, 1, 2, 3))):
        one, other = random.randrange(len(parts)), random.randrange(len(parts))
        how = random.choice(("gone", "twice", "swapped", "copied"))
        if how == "gone" and len(parts) > 1:
            del parts[one]
        elif how == "twice":
            parts.insert(one, parts[one])
        elif how == "swapped":
            parts[one], parts[other] = parts[other], parts[one]
        elif how == "copied":
            parts[one] = parts[other]
    return between.join(parts)


WORDS = ("", "a", "%d %d", "%Q", "tensor(double)", "N", "\0", "\ud800", "1", "true", "1990-01-01")


def value(random: Random, depth: int = 2) -> Any:
    """Any value that JSON has, and those that only Python's JSON has."""
    kind = random.choice(("none", "bool", "int", "float", "word", "list", "dict"))
    if kind == "list":
        return [value(random, depth - 1) for _ in range(random.randint(0, 3) * (depth > 0))]
    if kind == "dict":
        size = random.randint(0, 3) * (depth > 0)
        return {random.choice(WORDS): value(random, depth - 1) for _ in range(size)}
    return {
        "none": None,
        "bool": random.random() < 0.5,
        "int": random.choice((0, 1, -1, 7, 2**31, -(2**63), 10**400)),
        "float": random.choice((0.5, -0.0, 1e-320, 3.5e38, float("nan"), float("inf"))),
        "word": random.choice(WORDS),
    }[kind]


def exchanged(content: Any, random: Random) -> Any:
    """A JSON value with up to three of its parts exchanged, renamed, doubled or taken away."""
    content = copy.deepcopy(content)
    for _ in range(random.randint(1, 3)):
        place = _place(content, random)
        if not place:
            continue
        key = random.choice(_keys(place))
        how = random.choice(("other", "gone", "again", "swapped"))
        if how == "gone":
            del place[key]
        elif how == "again" and isinstance(place, list):
            place.append(place[key])
        elif how == "again":
            place[random.choice((*_keys(place), *WORDS))] = place.pop(key)
        elif how == "swapped":
            other = random.choice(_keys(place))
            place[key], place[other] = place[other], place[key]
        else:
            place[key] = value(random)
    return content


def _place(content: Any, random: Random) -> Any:
    """A list or an object somewhere inside."""
    while content and random.random() < 0.8:
        part = content[random.choice(_keys(content))]
        if not part or not isinstance(part, dict | list):
            break
        content = part
    return content


def _keys(place: Any) -> list[Any]:
    return list(place) if isinstance(place, dict) else list(range(len(place)))


def tried(attempt: Callable[[Random], str], tries: int) -> Counter[str]:
    """What each try came to, as `attempt` calls it; whatever it raises fails them all.

    Args:
        attempt: one try, with its random numbers.
        tries: how many.
    """
    outcomes: Counter[str] = Counter()
    failures: dict[str, str] = {}
    with _bounded():
        for number in range(tries):
            try:
                with _limited():
                    outcomes[attempt(Random(f"{SEED}/{number}"))] += 1
            except Exception as err:  # noqa: BLE001  of any kind: that is what is looked for
                last = traceback.extract_tb(err.__traceback__)[-1]
                where = f"{type(err).__name__} at {last.filename}:{last.lineno}"
                said = f"seed {SEED}, try {number}: {where}: {str(err)[:600]}"
                failures.setdefault(where, said)
    assert not failures, "\n\n".join([*failures.values()][:SHOWN])
    return outcomes


def suite(attempt: Callable[[Random], str], counted: Counted, *outcomes: str) -> None:
    """A suite of the long tier: `MANY` tries, which come to these outcomes and to nothing else.

    What is recorded of them is that of the usual seed.
    """
    found = tried(attempt, MANY)
    print(f"seed {SEED}, {MANY} tries: {dict(found)}")  # noqa: T201  shown with -rP
    assert found.keys() <= set(outcomes), found
    if not SEED:
        counted(tries=MANY, **{outcome: found[outcome] for outcome in outcomes})


@contextmanager
def _limited() -> Iterator[None]:
    """Raise where a try takes longer than `SECONDS`."""

    def hung(*_: object) -> None:
        raise TimeoutError(f"no end after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _bounded() -> Iterator[None]:
    """Fail where the process grew by more than `MEGABYTES` in between, as far as Linux tells."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the largest size so far is forgotten
    except OSError:
        yield
        return
    before = _megabytes("VmHWM")
    yield
    grown = _megabytes("VmHWM") - before
    assert grown < MEGABYTES, f"the process grew by {grown:.0f} MB"


def _megabytes(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024
