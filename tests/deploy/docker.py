"""What a Dockerfile of deploy/docker says, and its steps run without Docker.

Docker's syntax is hadolint's to check (test_lint.py); here the files are known to be well formed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.commands import ROOT
from tests.deploy import recipes

Instruction = tuple[str, str]


def instructions(name: str) -> list[Instruction]:
    """The instructions with their arguments, continued lines joined and comments left out."""
    lines = [line for line in recipes.read(f"docker/{name}").splitlines() if line[:1] != "#"]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest) for word, _, rest in (x.partition(" ") for x in joined.splitlines() if x)]


def last_stage(name: str) -> list[Instruction]:
    """The instructions of the stage that becomes the image."""
    every = instructions(name)
    starts = [k for k, (word, _) in enumerate(every) if word == "FROM"]
    return every[starts[-1] :]


def only(name: str, word: str) -> str:
    """The argument of an instruction that stands once in the last stage."""
    (found,) = [rest for each, rest in last_stage(name) if each == word]
    return found


def variables(name: str) -> dict[str, str]:
    """The image's environment, as it is written."""
    return dict(pair.split("=", 1) for pair in only(name, "ENV").split())


def workdir(name: str) -> str:
    return only(name, "WORKDIR")


def user(name: str) -> int:
    """The number of the user."""
    return int(only(name, "USER").partition(":")[0])


def entrypoint(name: str) -> list[str]:
    """The words that start every container."""
    found: list[str] = json.loads(only(name, "ENTRYPOINT"))
    return found


def copied(name: str) -> list[str]:
    """The sources in the project that the file copies."""
    pairs = [rest.split() for word, rest in instructions(name) if word == "COPY"]
    return [words[0] for words in pairs if not words[0].startswith("--from")]


@dataclass
class Image:
    """A folder that stands for an image's `/`, and the environment that its containers have."""

    root: Path
    settings: dict[str, str] = field(default_factory=dict)

    def build(self, name: str) -> None:
        """Go through a Dockerfile's steps; its stages share the folder, as their paths agree.

        Left out are the steps that make users and install system packages: they would change
        this machine. Where the folder has its virtual environment already, it is kept.
        """
        installed = (self.root / "opt" / "venv").exists()
        for word, rest in instructions(name):
            if word == "RUN" and "/opt/venv" in rest and not installed:
                command = ["/bin/sh", "-ec", self.moved(rest)]
                subprocess.run(command, env=_builders() | self.environment(), check=True)
            elif word == "COPY" and not rest.startswith("--from"):
                source, target = rest.split()
                _copy(ROOT / source, Path(self.moved(target)))
            elif word == "ENV":
                self.settings |= dict(pair.split("=", 1) for pair in rest.split())
        for folder in (workdir(name), "/tmp"):
            Path(self.moved(folder)).mkdir()

    def moved(self, text: str) -> str:
        """The text with this folder in front of every absolute path in it."""
        return re.sub(r"(?<![\w.$}/])/(?=\w)", f"{self.root}/", text)

    def environment(self) -> dict[str, str]:
        """The image's variables in this folder; its base image has this process's Python."""
        base = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        found = {"PATH": "$PATH"} | {key: self.moved(text) for key, text in self.settings.items()}
        return found | {"PATH": found["PATH"].replace("$PATH", base)}

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Start a container of the image with arguments, and wait for its end."""
        words, environment = entrypoint(name), self.environment()
        return subprocess.run(
            [str(shutil.which(words[0], path=environment["PATH"])), *words[1:], *arguments],
            cwd=self.moved(workdir(name)),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


def _builders() -> dict[str, str]:
    """What pip is told on this machine: where packages are, and which certificates count."""
    return {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_"))}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
