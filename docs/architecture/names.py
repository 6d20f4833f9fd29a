"""Measures the names in the package: `python docs/architecture/names.py [FOLDER]`.

A function is named by a verb; a participle (`converted`) is the name of a value. Counted are the
public functions of modules, not methods, which are read together with their object.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "pipeline"
LONG = 40
"""Statements of a function may take this many lines; its docstring does not count."""

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


def measure(package: Path = PACKAGE) -> dict[str, str]:
    """The figures of a package, by what they say."""
    trees = {file: ast.parse(file.read_text("utf-8")) for file in sorted(package.rglob("*.py"))}
    names = [name for tree in trees.values() for name in _public_functions(tree)]
    participles = sum(map(is_participle, names))
    words = sum("_" not in name for name in names)
    lengths = sorted(length for tree in trees.values() for length in _lengths(tree))
    over = sum(length > LONG for length in lengths)
    return {
        "public functions": f"{len(names):,}",
        "participles among them": _share(participles, len(names)),
        "names of one word": _share(words, len(names)),
        "functions defined in more than one module": f"{len(_repeated(trees)):,}",
        "file names in more than one folder": f"{len(_repeated_files(package)):,}",
        "function bodies, median": f"{statistics.median(lengths):.0f} lines",
        "function bodies, 90th percentile": f"{lengths[int(0.9 * len(lengths))]} lines",
        f"function bodies over {LONG} lines": _share(over, len(lengths)),
    }


def _public_functions(tree: ast.Module) -> list[str]:
    functions = (node.name for node in tree.body if isinstance(node, Function))
    return [name for name in functions if not name.startswith("_")]


def _repeated(trees: Mapping[Path, ast.Module]) -> dict[str, list[Path]]:
    """The public functions that several modules define, with their modules."""
    places: dict[str, list[Path]] = defaultdict(list)
    for file, tree in trees.items():
        for name in set(_public_functions(tree)) - {"main"}:
            places[name].append(file)
    return {name: files for name, files in places.items() if len(files) > 1}


def _repeated_files(package: Path) -> dict[str, list[Path]]:
    """The file names that several folders hold, with these folders."""
    folders: dict[str, list[Path]] = defaultdict(list)
    for file in sorted(package.rglob("*.py")):
        if not file.stem.startswith("__"):
            folders[file.stem].append(file.parent)
    return {stem: places for stem, places in folders.items() if len(places) > 1}


def _lengths(tree: ast.Module) -> Iterator[int]:
    """Lines of every function's statements, methods and nested functions included."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            yield (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.1%})"


if __name__ == "__main__":
    for what, figure in measure(*map(Path, sys.argv[1:])).items():
        print(f"{what:<45}{figure}")
