"""Measures the names in the package: `python -m docs.architecture.names [FOLDER]`.

A function is named by a verb; a participle (`converted`) is the name of a value. Counted are the
public functions of modules, not methods, which are read together with their object.
"""

from __future__ import annotations

import ast
import dataclasses
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "pipeline"
LONG = 40
"""Statements of a function may take this many lines; its docstring does not count."""

INTERFACES = ("main", "check")
"""What every command, and every check of the doctor, defines."""

_IRREGULAR = (
    "begun bound broken brought built caught chosen done drawn driven found given gone grown heard "
    "held hidden kept known laid left lent lost made meant paid said seen sent shown shrunk sold "
    "spent spun stuck sworn taken taught thought told torn understood woken worn written"
)
_NOT_PARTICIPLES = (
    "breed bring embed exceed feed heading need ping proceed ring seed speed spring string thing "
    "timing warning wording"
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_participle(name: str) -> bool:
    """Whether the first word of a name is a participle: -ed, -ing, or an irregular one."""
    word = name.strip("_").split("_")[0]
    regular = word.endswith(("ed", "ing")) and word not in _NOT_PARTICIPLES.split()
    return regular or word in _IRREGULAR.split()


@dataclasses.dataclass(frozen=True)
class Names:
    """Public functions by their name, file names with their folders, and lengths of all bodies."""

    functions: Mapping[str, Sequence[Path]]
    files: Mapping[str, Sequence[Path]]
    lengths: Sequence[int]

    @property
    def count(self) -> int:
        return sum(map(len, self.functions.values()))

    @property
    def participles(self) -> float:
        """Share of the public functions."""
        found = (len(files) for name, files in self.functions.items() if is_participle(name))
        return sum(found) / self.count

    @property
    def single_words(self) -> float:
        """Share of the public functions."""
        return sum(len(f) for name, f in self.functions.items() if "_" not in name) / self.count

    @property
    def repeated(self) -> Sequence[str]:
        """Public functions that several modules define, beside `INTERFACES`."""
        found = (name for name, files in self.functions.items() if len(files) > 1)
        return [name for name in found if name not in INTERFACES]

    @property
    def repeated_files(self) -> Sequence[str]:
        """File names in several folders."""
        return [name for name, folders in self.files.items() if len(folders) > 1]

    @property
    def long(self) -> int:
        return sum(length > LONG for length in self.lengths)


def measure_names(package: Path = PACKAGE) -> Names:
    """Read every module of a package."""
    functions: dict[str, list[Path]] = defaultdict(list)
    files: dict[str, list[Path]] = defaultdict(list)
    lengths: list[int] = []
    for file in sorted(package.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        for name in _public_functions(tree):
            functions[name].append(file)
        if not file.stem.startswith("__"):
            files[file.stem].append(file.parent)
        lengths += _lengths(tree)
    return Names(functions, files, sorted(lengths))


def _public_functions(tree: ast.Module) -> list[str]:
    functions = (node.name for node in tree.body if isinstance(node, Function))
    return [name for name in functions if not name.startswith("_")]


def _lengths(tree: ast.Module) -> Iterator[int]:
    """Lines of every function's statements, methods and nested functions included."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            yield (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def main(arguments: Sequence[str]) -> None:
    """Print the figures of the package, or of a folder."""
    names = measure_names(*map(Path, arguments))
    print(f"public functions: {names.count:,}")
    print(f"participles among them: {names.participles:.1%}")
    print(f"names of one word: {names.single_words:.1%}")
    print(f"functions defined in more than one module: {len(names.repeated)}")
    print(f"file names in more than one folder: {len(names.repeated_files)}")
    lengths = names.lengths
    median, ninth = statistics.median(lengths), lengths[int(0.9 * len(lengths))]
    print(f"lines of a function: median {median:.0f}, 90th percentile {ninth}, ", end="")
    print(f"over {LONG}: {names.long} of {len(lengths):,}")


if __name__ == "__main__":
    main(sys.argv[1:])
