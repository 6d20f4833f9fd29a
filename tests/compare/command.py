"""The command in this process."""

from __future__ import annotations

from click.testing import Result
from typer.testing import CliRunner

from pipeline.compare.__main__ import app


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])
