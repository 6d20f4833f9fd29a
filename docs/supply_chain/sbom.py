"""CycloneDX bills of materials of the locks: `python -m docs.supply_chain.sbom [--check]`.

Runs in the environment of tools.txt. What the tool writes of a lock is made the same on every
machine: no times, no addresses of registries, and references that survive a new line in the lock.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
LOCKS = ("requirements.txt", "requirements-score.txt")
ITSELF = "pycaret-onnx-pipeline"


def file(lock: str) -> Path:
    """Where the bill of a lock lies."""
    return FOLDER / lock.replace(".txt", ".cdx.json")


def bill(lock: str) -> str:
    """The bill of a lock, as JSON.

    Raises:
        subprocess.CalledProcessError: the tool does not take the lock.
        SystemExit: the bill is none by CycloneDX's own schema.
    """
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements"]
    options = ["--output-reproducible", "--sv", "1.6", "--pyproject", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [*command, *options, str(ROOT / lock)], capture_output=True, text=True, check=True
    )
    text = json.dumps(portable(json.loads(done.stdout), _version()), indent=1) + "\n"
    _validate(text)
    return text


def portable(found: dict[str, Any], version: str) -> dict[str, Any]:
    """A bill as the tool writes it, with references by package and without addresses.

    The hashes go too: they are those of all files of all machines, and the lock has them.
    """
    itself = found["metadata"]["component"]
    root = itself | {"bom-ref": f"{ITSELF}@{version}", "version": version}
    parts = [_part(part) for part in found["components"]]
    parts.sort(key=lambda part: part["bom-ref"])
    refs = [part["bom-ref"] for part in parts]
    graph = [{"ref": root["bom-ref"], "dependsOn": refs}, *({"ref": ref} for ref in refs)]
    tools = [_without_addresses(tool) for tool in found["metadata"]["tools"]["components"]]
    metadata = found["metadata"] | {"component": root, "tools": {"components": tools}}
    return found | {"metadata": metadata, "components": parts, "dependencies": graph}


def _part(part: dict[str, Any]) -> dict[str, Any]:
    kept = {name: part[name] for name in ("type", "name", "version", "purl")}
    return {"bom-ref": part["purl"], **kept}


def _without_addresses(tool: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in tool.items() if name != "externalReferences"}


def _version() -> str:
    text = (ROOT / "pipeline" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "(.+)"', text)
    assert found
    return found[1]


def _validate(text: str) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise SystemExit(f"no CycloneDX 1.6: {fault}")


def main() -> int:
    """Write the bills; with --check only say which are stale."""
    check, stale = "--check" in sys.argv, []
    for lock in LOCKS:
        text, place = bill(lock), file(lock)
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            stale.append(place.name)
            if not check:
                place.write_text(text, encoding="utf-8")
    print(f"bills of materials: {', '.join(stale) or 'nothing'} {'stale' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
