"""Writes function.zip: `python3 pack.py PACKAGES PREFIX ZIP`.

It holds the files that SHA256SUMS names, and under PREFIX the packages of a folder less those that
left_out.txt names. Times, rights and order are fixed: the same files make the same zip.
"""

from __future__ import annotations

import fnmatch
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIMITS = {"zip": 52_428_800, "unpacked": 262_144_000}
"""Bytes that AWS takes: of a zip that is uploaded as it is, and of what is in it."""


def list_files(packages: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    """Name in the zip, and where it lies."""
    sums = (HERE / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    for name in ("SHA256SUMS", *(line.partition("  ")[2] for line in sums)):
        yield name, HERE / name
    left_out = (HERE / "left_out.txt").read_text(encoding="ascii").split()
    for file in packages.rglob("*"):
        name = file.relative_to(packages).as_posix()
        if file.is_file() and not any(fnmatch.fnmatchcase(name, each) for each in left_out):
            yield prefix + name, file


def write_zip(packages: Path, prefix: str, file: Path) -> dict[str, int]:
    """Bytes of the zip and of what is in it."""
    unpacked = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, source in sorted(list_files(packages, prefix)):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix: what follows are rights
            entry.external_attr = (0o100755 if ".so" in name else 0o100644) << 16
            content = source.read_bytes()
            archive.writestr(entry, content, compresslevel=9)
            unpacked += len(content)
    return {"zip": file.stat().st_size, "unpacked": unpacked}


def main(packages: str, prefix: str, file: str) -> int:
    """The exit code, after the sizes are printed beside what AWS takes."""
    draft = HERE / f"{file}.part"
    sizes = write_zip(Path(packages), prefix, draft)
    found = ", ".join(f"{k} {v / 1e6:.1f} of {LIMITS[k] / 1e6:.1f} MB" for k, v in sizes.items())
    print(f"{file}: {found}")
    if any(sizes[name] > limit for name, limit in LIMITS.items()):
        print("AWS takes no such function", file=sys.stderr)
        draft.unlink()
        return 1
    os.replace(draft, HERE / file)  # noqa: PTH105  it names both
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
