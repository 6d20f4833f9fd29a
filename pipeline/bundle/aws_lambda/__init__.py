"""Bundles for AWS Lambda: a zip with a handler, templates, and the runtime's loop right here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.bundle import node, python
from pipeline.bundle.model_files import BundleSource, describe_for_readme, pick_example_row
from pipeline.bundle.target import Target, Tool

_FILES = Path(__file__).parent / "files"
PYTHON_VERSION, NODE_VERSION = "3.12", "22"
"""Lambda's runtime. That of Python 3.11 has glibc 2.26, and onnxruntime's wheels need 2.28."""
RUNTIME_CLIENT = "awslambdaric==4.2.2"
MEMORY: Mapping[str, int] = {"python": 1280, "node": 1024}
"""Megabytes; the processor's share grows with them. docs/lambda.md measures why so many."""


def render_lambda_python(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name."""
    runtime = f"python{PYTHON_VERSION}"
    return {
        **python.render_python_files(source),
        **_render(source, "python", runtime),
        "requirements-verify.txt": f"{RUNTIME_CLIENT}\n",
    }


def render_lambda_node(source: BundleSource) -> dict[str, str]:
    """Text of each file by its name.

    Raises:
        DataError: as for a bundle for Node.js.
    """
    runtime = f"nodejs{NODE_VERSION}.x"
    return {**node.render_node_files(source), **_render(source, "node", runtime)}


def _render(source: BundleSource, language: str, runtime: str) -> dict[str, str]:
    files = [*_FILES.glob("*.*"), *(_FILES / language).iterdir()]
    row = json.dumps(pick_example_row(source))
    words = {
        "RUNTIME": runtime,
        "VERSION": PYTHON_VERSION,
        "MEMORY": str(MEMORY[language]),
        "ROWS": f'{{"rows": [{row}]}}',
        "ROW": _YAML_PAIR.sub(_join_pair, row),
    }
    texts = {}
    for file in (each for each in files if each.is_file()):
        text = file.read_text(encoding="utf-8")
        texts[file.name] = _WORD.sub(lambda found: words[found[1]], text)
    return {**texts, "README.md": _readme(source, language, runtime)}


def _join_pair(pair: re.Match[str]) -> str:
    """JSON's two escapes of one character, as the one escape that YAML has for it."""
    character: str = json.loads(f'"{pair[0]}"')
    return f"\\U{ord(character):08X}"


def _readme(source: BundleSource, language: str, runtime: str) -> str:
    return _README.format(
        **describe_for_readme(source),
        language=_WORDS[language]["language"],
        zip=_WORDS[language]["zip"],
        lines=TARGETS[language].lines,
        runtime=runtime,
        memory=f"{MEMORY[language]:,}",
        note=_WORDS[language]["note"],
        row=json.dumps(pick_example_row(source)),
    )


_WORD = re.compile(r"@([A-Z]+)@")
_YAML_PAIR = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")
_PYTHON = Tool("python3", "apt-get install python3-venv")
TARGETS: Mapping[str, Target] = {
    "python": Target(
        name="lambda-python",
        tools=(_PYTHON,),
        setup=("sh build.sh",),
        verify=".venv/bin/python verify_function.py",
        render=render_lambda_python,
    ),
    "node": Target(
        name="lambda-node",
        tools=(*node.TARGET.tools, _PYTHON),
        setup=("sh build.sh",),
        verify="python3 verify_function.py",
        render=render_lambda_node,
    ),
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "python": {
        "language": "Python",
        "zip": "28",
        "note": f"""\
The zip has numpy and onnxruntime for Python {PYTHON_VERSION} as `requirements.txt` pins them, less
what `left_out.txt` lists. Lambda's Python 3.11 is too old: its glibc is 2.26, the wheels need 2.28.
Where this machine has another Python or processor, the same versions for it are verified, and
`verify_function.py` says so.""",
    },
    "node": {
        "language": "Node.js",
        "zip": "18",
        "note": """\
The zip has onnxruntime-node and onnxruntime-common for Linux alone, less what `left_out.txt`
lists. Where this machine has another processor, the same versions for it are verified, and
`verify_function.py` says so.""",
    },
}
_README = """\
# {name}: {model} for {target}, for AWS Lambda ({language})

The model is one ONNX graph of {size} kB: raw columns in, predictions out. `build.sh` makes
`function.zip`, {zip} MB and the model, for the runtime `{runtime}`; for Graviton it is
`ARCH=arm64 sh build.sh`.

```sh
{lines}
```

{note}

`verify_function.py` runs the handler out of the zip against a stand-in for Lambda's Runtime API on
this machine. Every cell of `feed_cases.json` and {rows} rows of `golden.json` are replayed inside
the function, and the rows again as events. It prints what it found and ends with 5 where anything
differs. None of this has run on AWS: send `{{"verify": true}}` to the function once it is deployed,
and the proof is replayed there.

Deploy it by `template.yaml` (`sam deploy --guided`) or `serverless.yml` (`serverless deploy`). Both
have a daily schedule that replays the proof, and one for rows of your own, and {memory} MB: Lambda
gives processor time by memory, and so many cost about as little as any size for 10,000 rows, and
are faster. One event is scored by one thread, so that more than 1,769 MB are no faster.

An event is rows, or a request of API Gateway or a function URL with the same JSON as its body:

```json
{{"rows": [{row}]}}
```

The answer is `{{"statusCode": 200, "predictions": [{{"label": ...}}]}}`, for a request the same
as a body; a classification has `score` and `scores` too. A cell that does not fit is answered with
400 and its row and column; more than 6 MB, in or out, with 413. Files are held against
`SHA256SUMS` before the model is loaded, once per cold start.
"""
