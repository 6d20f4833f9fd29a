"""Files of the bundles for AWS Lambda as modules, which in a bundle are no package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from tests.commands import ROOT

FILES = ROOT / "pipeline" / "bundle" / "aws_lambda" / "files"


def load_module(file: Path) -> Any:
    """The module of a file, under a name that nothing else has."""
    name = f"{file.stem}_of_a_bundle"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
