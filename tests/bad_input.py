"""Input that cannot be trained on, and what the user must be told about each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.data.tables import plain, write


@dataclass(frozen=True)
class Bad:
    """A command that must be refused.

    Attributes:
        says: what the message names; `to_do`: what the hint advises.
        columns, text: the table's columns or its whole text; without both there is no table.
        config: the text of a configuration file.
    """

    says: str
    to_do: str
    columns: Mapping[str, Sequence[object]] | None = None
    text: str | None = None
    config: str = ""
    options: tuple[str, ...] = ()
    code: int = 3

    def command(self, folder: Path) -> list[str]:
        """The arguments; files are written to `folder`."""
        command = list(self.options)
        if self.columns is not None:
            command += ["--data", str(write(folder, self.columns)), "--target", "y"]
        if self.text is not None:
            (folder / "table.csv").write_text(self.text)
            command += ["--data", str(folder / "table.csv"), "--target", "y"]
        if self.config:
            (folder / "train.toml").write_text(self.config)
            command += ["--config", str(folder / "train.toml")]
        return command


def numbers(**changed: object) -> list[object]:
    """Sixty different numbers, some of them changed: `at4=None`."""
    values: list[object] = [1.5 * i for i in range(60)]
    for place, value in changed.items():
        values[int(place.removeprefix("at"))] = value
    return values


NAMED = ("--dataset", "insurance")
BAD = {
    "no such dataset": Bad("'insurence'", "'insurance'", options=("--dataset", "insurence")),
    "no such file": Bad(
        "x.csv: cannot be read", "path of a CSV", options=("--data", "x.csv", "--target", "y")
    ),
    "no such target": Bad("no target column 'y'", "'yy'", text="a,yy\n" + "1,2\n" * 60),
    "target with missing values": Bad(
        "no value in lines 5 and 9", "--drop-missing-target", plain(y=numbers(at3=None, at7=None))
    ),
    "one class only": Bad("'a' in every row", "Choose another target", plain(y=["a"] * 60)),
    "duplicate column names": Bad("'a', 'a'", "Rename or remove", text="a,a,y\n" + "1,2,3\n" * 60),
    "an empty file": Bad("the file is empty", "a header and rows", text=""),
    "a header alone": Bad("a header and no rows", "rows below the header", text="a,y\n"),
    "five rows": Bad("got 5 rows, expected at least", "Add rows", plain(5)),
    "text in place of a number": Bad(
        "'x': got 'n/k' in line 6, expected numbers",
        "Correct those cells",
        plain(x=numbers(at4="n/k")),
        config='numeric = ["x"]',
    ),
    "text in a target of numbers": Bad(
        "'y': got 'n/k' in line 6",
        "--task classification",
        plain(y=numbers(at4="n/k")),
        options=("--task", "regression"),
    ),
    "infinity": Bad(
        "'x': got infinite or too large numbers in line 6",
        "Empty those cells",
        plain(x=numbers(at4=math.inf)),
    ),
    "two hundred classes": Bad(
        "got 200 classes, expected at most 100",
        "merge classes",
        plain(400, y=[f"c{i % 200}" for i in range(400)]),
    ),
    "a class seen once": Bad(
        "1 row of class 'c'", "Add rows", plain(y=[*["a", "b"] * 29, "a", "c"])
    ),
    "text classes that read as numbers": Bad(
        "'y': got '1', '2' as text",
        "out of `categorical`",
        plain(y=["1", "2"] * 30),
        config='categorical = ["y"]',
    ),
    "an unknown config key": Bad(
        "unknown key 'folds'", "'fold'", options=NAMED, config="folds = 3"
    ),
    "an unknown argument of setup": Bad(
        "[setup] normalise", "'normalize'", options=NAMED, config="[setup]\nnormalise = true"
    ),
    "an unknown model": Bad("'gbrr'", "'gbr'", options=(*NAMED, "--include", "gbrr")),
    "a metric of another task": Bad("'AUC'", "RMSE", options=(*NAMED, "--metric", "AUC")),
    "a refused argument of setup": Bad(
        "encoding_method = HashingEncoder() (",
        "any other encoder; or train without ONNX: --no-onnx",
        config='[setup]\nencoding_method = "HashingEncoder"',
        options=NAMED,
        code=4,
    ),
    "an output below a regular file": Bad(
        "cannot write to 'file' (Not a directory)",
        "another --output",
        options=(*NAMED, "--output", "file/out"),
    ),
    "an output that is somebody else's": Bad(
        "holds something else", "another --output", options=(*NAMED, "--output", "foreign")
    ),
    "an output below something below a regular file": Bad(
        "cannot write to 'file/a' (Not a directory)",
        "another --output",
        options=(*NAMED, "--output", "file/a/out"),
    ),
    "no table": Bad("got no table", "--dataset NAME", code=2),
}
