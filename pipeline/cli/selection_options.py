"""The command line's options of the search and of the choice between candidates."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Select(StrEnum):
    """What decides between the candidates."""

    metric = "metric"
    latency = "latency"
    size = "size"


PromoteOption = Annotated[
    str | None,
    typer.Option(
        "--promote",
        help="Why the new version is the champion, whatever the gate would say.",
        metavar="REASON",
        show_default=False,
    ),
]
BudgetOption = Annotated[
    str | None,
    typer.Option(
        "--budget", help="Wall clock, such as 10m; ends the search early.", show_default=False
    ),
]
TopOption = Annotated[
    int | None,
    typer.Option("--top", min=1, help="Candidates tried as ONNX graphs.  [3]"),
]
SelectOption = Annotated[
    Select | None,
    typer.Option("--select", help="The best, or the fastest or smallest as good.  [metric]"),
]
MicrosecondsOption = Annotated[
    float | None,
    typer.Option("--max-microseconds-per-row", help="Budget for one row.", show_default=False),
]
BytesOption = Annotated[
    int | None,
    typer.Option("--max-bytes", help="Budget for the ONNX file.", show_default=False),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option("--ignore", help="Columns that are no features: a,b or repeated.  [none]"),
]
NumericOption = Annotated[
    list[str] | None, typer.Option("--numeric", help="Columns of numbers.  [inferred]")
]
CategoricalOption = Annotated[
    list[str] | None,
    typer.Option("--categorical", help="Columns of names, numerals included.  [inferred]"),
]
DateOption = Annotated[
    list[str] | None, typer.Option("--date", help="Columns of dates.  [inferred]")
]
BooleanOption = Annotated[
    list[str] | None, typer.Option("--boolean", help="Columns of true and false.  [inferred]")
]
DropOption = Annotated[
    bool | None,
    typer.Option("--drop-missing-target", help="Leave out rows without a target.  [refuse them]"),
]
