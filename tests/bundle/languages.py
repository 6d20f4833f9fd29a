"""The languages that a bundle is built and proven in, each by the lines of its target."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.bundle.flat import render_flat_files
from pipeline.bundle.model_files import BundleSource, pick_example_row, read_source
from pipeline.bundle.target import Target
from pipeline.bundle.write import TARGETS, write_bundle
from pipeline.runtime.scorer import Scorer
from tests.bundle.native.shim import find_library
from tests.commands import needed

STRICT = "CFLAGS=-O1 -Wall -Wextra -Wpedantic -Wshadow -Werror"


@dataclass(frozen=True)
class Answer:
    """What a README's example prints: a label, with its score and those of all labels."""

    label: Any
    score: float | None = None
    scores: list[float] | None = None


@dataclass(frozen=True)
class Language:
    """What is its own in a language.

    Attributes:
        sealed: files whose change must be noticed.
        example: where the README's example is put, how its block is named, and what runs it.
        read: what the example prints, with a label of a type.
        is_told: whether the README says how the example is run.
        prints: what the example calls to print, and what prints so that `read` can read it.
        lint: shell lines that end with 0 where the bundle's files are clean.
        variables: of the shell.
    """

    name: str
    sealed: tuple[str, ...]
    example: tuple[str, str, str]
    read: Callable[[str, type], Answer]
    is_told: bool = True
    prints: tuple[str, str] = ("", "")
    lint: str = ":"
    variables: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def target(self) -> Target:
        return TARGETS[self.name]

    def shell(self, folder: Path, text: str, code: int = 0, **variables: str) -> str:
        """What lines print in a bundle, once the programs of the target are there."""
        for tool in self.target.tools:
            needed(shutil.which(tool.program), tool.program)
        return shell(folder, text, code, **{**self.variables, **variables})

    def build(self, folder: Path, source: BundleSource) -> Path:
        """A bundle that can verify, with the library of the package for Python."""
        write_bundle(source, self.name, folder)
        self.shell(folder, "\n".join((self.lint, *self.target.setup[-1:])))
        return folder

    def verify(self, folder: Path, *arguments: str, code: int = 0) -> Any:
        """What `verify` found; it ends with 0 or 5."""
        return json.loads(self.shell(folder, " ".join((self.target.verify, *arguments)), code))

    def find_wrong(self, folder: Path, source: BundleSource, cases: str) -> Any:
        """The cases that this language builds otherwise."""
        rewrite(folder, source, cases=cases)
        return json.loads(self.shell(folder, f"{self.target.verify} || [ $? = 5 ]"))["cells"][
            "wrong"
        ]

    def check_example(self, folder: Path, model: Path, **variables: str) -> None:
        """The README's example gives the answer of `Scorer`."""
        name, block, run = self.example
        (code,) = blocks(folder, block)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code.replace(*self.prints), encoding="utf-8")
        assert (run in (folder / "README.md").read_text(encoding="utf-8")) is self.is_told
        scorer = Scorer(model)
        expected = scorer.predict_one(pick_example_row(read_source(model)))
        label = expected["prediction_label"]
        found = self.read(self.shell(folder, run, **variables), type(label))
        if "prediction_score" not in expected:
            np.testing.assert_allclose(found.label, label, rtol=1e-12)
            assert found == Answer(found.label)
            return
        assert (found.label, type(found.label)) == (label, type(label))
        scores = expected["prediction_score"]
        own = scores[(scorer.manifest.labels or ()).index(label)]
        np.testing.assert_allclose(found.score, own, rtol=0, atol=1e-12)  # type: ignore[arg-type]
        if found.scores is not None:
            np.testing.assert_allclose(found.scores, scores, rtol=0, atol=1e-12)


def shell(folder: Path, text: str, code: int = 0, **variables: str) -> str:
    """What shell lines print in a folder; beside their errors unless they end with 0 or 5."""
    done = subprocess.run(
        ["bash", "-ec", text],
        cwd=folder,
        env={**os.environ, "ORT_LIB": find_library(), "GOPROXY": "off", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code in (0, 5) else done.stdout + done.stderr


def blocks(folder: Path, language: str) -> list[str]:
    """The README's blocks of one language."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def seal(folder: Path) -> None:
    """Write SHA256SUMS anew, for files that were changed on purpose."""
    sums = folder / "SHA256SUMS"
    names = [line.split("  ")[1] for line in sums.read_text().splitlines()]
    shell(folder, f"sha256sum {' '.join(names)} > SHA256SUMS")


def rewrite(folder: Path, source: BundleSource, **texts: str) -> None:
    """Other golden rows or cases (`golden`, `cases`) in a bundle, sealed as if they were proven."""
    changed = replace(source, **texts)  # type: ignore[arg-type]
    flat = {name: str(text) for name, text in render_flat_files(changed).items()}
    files = {"golden.json": changed.golden, "feed_cases.json": changed.cases, **flat}
    for name in files.keys() & {file.name for file in folder.iterdir()}:
        (folder / name).write_text(files[name], encoding="utf-8")
    seal(folder)


def change(folder: Path, name: str, how: str) -> None:
    """A file that is changed, gone, or unlisted in SHA256SUMS."""
    if how == "changed":
        (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
    elif how == "gone":
        (folder / name).unlink()
    else:
        sums = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
        kept = [line for line in sums if not line.endswith(f"  {name}\n")]
        (folder / "SHA256SUMS").write_text("".join(kept))


def copy_built(built: Path, folder: Path) -> Path:
    """A bundle that a test may change; packages stay where they are."""
    shutil.copytree(built, folder, ignore=shutil.ignore_patterns("node_modules"))
    if (built / "node_modules").exists():
        (folder / "node_modules").symlink_to(built / "node_modules")
    return folder


def read_words(text: str, kind: type) -> Answer:
    label, *score = text.split()
    return Answer(kind(label), float(*score) if score else None)


def read_record(text: str, kind: type) -> Answer:
    found = re.fullmatch(r"Answer\[label=(.*?)(?:, score=(.*), scores=\{(.*)\})?\]\n", text)
    assert found
    if found[2] is None:
        return Answer(kind(found[1]))
    scores = [float(pair.split("=")[1]) for pair in found[3].split(", ")]
    return Answer(kind(found[1]), float(found[2]), scores)


def read_csv(text: str, kind: type) -> Answer:
    names, (label, *scores) = csv.reader(text.splitlines())
    assert names[:2] == ["label", "score"][: len(names)]
    if len(names) == 1:
        return Answer(kind(label))
    return Answer(kind(label), float(scores[0]), list(map(float, scores[1:])))


def read_json(text: str, kind: type) -> Answer:
    found = json.loads(text)
    if found.keys() == {"label"}:
        return Answer(found["label"])
    return Answer(found["label"], found["score"], [*found["scores"].values()])


FLAT = ("model.onnx", "manifest.json", "golden.json", "golden.tsv")
C = Language(
    "c",
    (*FLAT, "model.tsv"),
    ("example.c", "c", "cc -o example example.c libscorer.a -ldl -lm\n./example"),
    read_words,
    lint=f"make -s clean; make -s '{STRICT}'",
)
JAVA = Language(
    "java",
    (*FLAT, "scorer/Cells.java"),
    ("Example.java", "java", "java -cp . Example.java"),
    read_record,
)
CSHARP = Language(
    "csharp",
    (*FLAT, "scorer/Cells.cs"),
    ("Example.cs", "csharp", "mcs -r:scorer.exe Example.cs && mono Example.exe"),
    read_record,
)
GO = Language(
    "go",
    ("model.onnx", "manifest.json", "golden.json", "feed_cases.json", "feeds.go"),
    ("example/main.go", "go", "go run ./example"),
    read_words,
    lint='test -z "$(gofmt -l .)" && go vet ./...',
)
R = Language(
    "r",
    (*FLAT, "feed_cases.tsv", "feeds.R", "model.R"),
    ("example.R", "r", "Rscript example.R"),
    read_csv,
    is_told=False,
    prints=("print(", "write.csv(row.names = FALSE, "),
    variables={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "R_PROFILE_USER": ""},
)
NODE = Language(
    "node",
    ("model.onnx", "manifest.json", "golden.json", "feeds.mjs"),
    ("example.mjs", "js", "node example.mjs"),
    read_json,
    is_told=False,
    prints=("console.log(answer)", "console.log(JSON.stringify(answer))"),
)
BROWSER = replace(
    NODE,
    name="browser",
    sealed=(*NODE.sealed, "answers.mjs", "runtime/ort-wasm-simd-threaded.wasm"),
)
LANGUAGES = (C, JAVA, CSHARP, GO, R, NODE, BROWSER)
PAGE = replace(NODE, name="page", sealed=("try.html", "model.onnx", "golden.json", "measure.mjs"))
PROVEN = (*LANGUAGES, PAGE)
