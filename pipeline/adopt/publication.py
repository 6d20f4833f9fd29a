"""What is published of an adoption, whatever it was: files, page, card, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import ParityError
from pipeline.manifest import Output
from pipeline.rendering.html import make_data_uri, render_template, write_page
from pipeline.rendering.tables import write_table
from pipeline.report.graph_svg import draw_graph
from pipeline.report.result_tables import TextTable
from pipeline.runtime import integrity

if TYPE_CHECKING:
    import pandas as pd

TEMPLATES = Path(__file__).with_name("templates")
REPORT, CARD = Path("reports", "report.html"), Path("reports", "model_card.md")
PARITY, TRY = Path("tables", "parity.json"), Path("reports", "try.html")
GRAPH, DRAWN = Path("onnx", integrity.MODEL), Path("onnx", integrity.DRAWN)

Tile = tuple[str, str, str]
Seal = Callable[[str], None]
"""Told the sha256 of the list of a folder's files."""


@dataclass(frozen=True)
class Value:
    """An input or output as page, card and picture have it; `kind` is its dtype, or a column's."""

    name: str
    kind: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class Publication:
    """A graph, its evidence, and all that people and MLflow are told of it.

    Attributes:
        framework: with its version.
        text: the verdict in one sentence.
        files: of `onnx/`, by name; model.onnx among them.
        rule: in one paragraph of the page, what "agrees" means.
        proof: the page's table of what was compared.
        parity: all of it, for tables/parity.json.
        tables: further files of `tables/`, by name.
        figures: metrics of the run.
        subject: as `Candidate.subject`.
        render_page: the page that scores in a browser, of the folder `onnx/`; None: there is none.
        save: writes the MLflow model: called with the path `graph`, a `seal`, and what `Model.log`
            adds.
    """

    name: str
    framework: str
    passed: bool
    text: str
    data: bytes
    files: Mapping[str, str | bytes]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    tiles: tuple[Tile, ...]
    rule: str
    proof: TextTable
    parity: pd.DataFrame
    figures: Mapping[str, float]
    code: str
    versions: Mapping[str, str]
    subject: Mapping[str, str]
    save: Callable[..., None]
    render_page: Callable[[Path], str] | None = None
    notes: tuple[str, ...] = ()
    tables: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """The verdict in a few words."""
        return "Parity passed" if self.passed else "Parity failed: do not use it"

    def refuse(self) -> None:
        """Raise a ParityError unless graph and model agree."""
        if not self.passed:
            raise ParityError(
                f"the graph does not answer as the model does: {self.text}",
                hint=f"Nothing is registered; every comparison is in {PARITY}",
            )


def write_publication(folder: Path, publication: Publication) -> None:
    """Write graph, manifest, golden rows, proof, report and model card into a folder.

    Raises:
        OSError: it cannot be written to.
    """
    import onnx

    for part in ("onnx", "reports", "tables"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, content in publication.files.items():
        file = folder / "onnx" / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    integrity.write_checksums(folder / "onnx")
    write_table(folder / PARITY, publication.parity)
    if publication.render_page is not None:
        write_page(folder / TRY, publication.render_page(folder / "onnx").encode())
    for name, text in publication.tables.items():
        (folder / "tables" / name).write_text(text, encoding="utf-8")
    outputs = [Output(each.name, each.kind, each.shape) for each in publication.outputs]
    picture = draw_graph(onnx.load_from_string(publication.data), publication.inputs, outputs)
    write_page(folder / DRAWN, picture.encode())
    sides = (("input", publication.inputs), ("output", publication.outputs))
    values = {
        "it": publication,
        "graph_uri": make_data_uri(picture.encode(), "image/svg+xml"),
        "values": make_table(
            ("", "name", "dtype", "shape"),
            (
                (side, each.name, each.kind, " × ".join(map(str, each.shape)))
                for side, tensors in sides
                for each in tensors
            ),
        ),
        "versions": make_table(("package", "version"), publication.versions.items()),
    }
    write_page(folder / REPORT, render_template("adopted.html", values, TEMPLATES).encode())
    write_page(folder / CARD, render_template("adopted.md", values, TEMPLATES).encode())


def make_table(head: tuple[str, ...], rows: Iterable[Iterable[Any]]) -> TextTable:
    """A table of a page without marked rows."""
    filled = tuple(tuple(map(str, row)) for row in rows)
    return TextTable(head, filled, ("",) * len(filled))
