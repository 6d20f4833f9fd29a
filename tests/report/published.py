"""A training whose folder is written and whose model is the champion of a store of its own."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.registry import register
from pipeline.tasks import CLASSIFICATION, REGRESSION
from pipeline.track import mlflow_run
from pipeline.track.training_result import Converted
from pipeline.train import artifacts
from tests import tracked
from tests.commands import environment, pasted, project


@dataclass(frozen=True)
class Published:
    """What a person finds: a folder with report.html, next to the store that lists the model."""

    evidence: Converted
    folder: Path

    @property
    def page(self) -> str:
        return (self.folder / "reports" / "report.html").read_text(encoding="utf-8")

    @property
    def titles(self) -> tuple[str, ...]:
        """The ways to score that the page has, in its order."""
        section = self.page.split('<h2 id="score">')[1].split("<h2 ")[0]
        return tuple(unescape(title) for title in re.findall("<summary>(.*?)</summary>", section))

    def blocks(self, title: str) -> list[str]:
        """The code under a title, as a browser copies it."""
        way = self.page.split(f"<summary>{title}</summary>")[1].split("</details>")[0]
        return [unescape(code) for code in re.findall("<pre>([^<]*)</pre>", way)]

    @property
    def features(self) -> pd.DataFrame:
        dataset = self.evidence.dataset
        return dataset.frame[list(dataset.features)]

    def agrees(self, answers: Sequence[tuple[Any, Sequence[float] | None]]) -> None:
        """Compare the label and the probabilities of the first rows with predict_model's."""
        found = self._predict_model().head(len(answers))
        names = [name for name in found if str(name).startswith("prediction_score")]
        for (label, scores), (_, row) in zip(answers, found.iterrows(), strict=True):
            if self.evidence.trained.task is REGRESSION:
                # the parity contract's bounds
                assert label == pytest.approx(row["prediction_label"], rel=1e-9, abs=0)
            else:
                assert label == row["prediction_label"]
                assert scores == pytest.approx(row[names].tolist(), rel=0, abs=1e-9)

    def agrees_by_name(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same for rows such as {"prediction_label": …, "prediction_score_<label>": …}."""
        names = [f"prediction_score_{label}" for label in self.evidence.model.manifest.labels or ()]
        assert rows
        assert all(set(row) >= {"prediction_label", *names} for row in rows)
        self.agrees([(row["prediction_label"], [row[name] for name in names]) for row in rows])

    def agrees_on_chosen(self, scored: pd.DataFrame) -> None:
        """The same for every row of a table with the probability of the predicted label alone."""
        expected = self._predict_model()
        labels = expected["prediction_label"]
        if self.evidence.trained.task is REGRESSION:
            assert scored["prediction_label"].tolist() == pytest.approx(labels, rel=1e-9, abs=0)
            return
        assert scored["prediction_label"].tolist() == labels.tolist()
        chosen = [expected.at[i, f"prediction_score_{label}"] for i, label in labels.items()]
        assert scored["prediction_score"].tolist() == pytest.approx(chosen, rel=0, abs=1e-9)

    def _predict_model(self) -> pd.DataFrame:
        trained = self.evidence.trained
        options = {"raw_score": True, "round": 17} if trained.task is CLASSIFICATION else {}
        predicted: pd.DataFrame = trained.experiment.predict_model(
            trained.pipeline, data=self.features, verbose=False, **options
        )
        return predicted

    def lines(self, command: str) -> str:
        """What a new user gives a shell: the line for the project's folder, then this."""
        section = self.page.split('<h2 id="score">')[1].split("<details")[0]
        (first,) = (unescape(code) for code in re.findall("<pre>([^<]*)</pre>", section))
        (self.folder / "project").mkdir(exist_ok=True)
        place = shlex.quote(str(project(self.folder / "project")))
        return f"cd {place}\n{first}\ncd {shlex.quote(str(self.folder))}\n{command}"

    def shell(self, command: str) -> str:
        """What a command line prints when it is pasted into a shell of a new user."""
        return pasted(self.lines(command), self.folder)

    def python(self, code: str) -> str:
        """What Python code prints in such a shell."""
        return self.shell(f"python -c {shlex.quote(code)}")


@contextmanager
def published(evidence: Converted, folder: Path) -> Iterator[Published]:
    """Write, log and register, and stay in the folder."""
    with pytest.MonkeyPatch.context() as patch:
        tracked.enter(folder, patch)
        placed = replace(evidence, folder=folder / "out")
        with mlflow_run.open_run("report", "train-1") as opened:
            artifacts.write_artifacts(placed)
            run = tracked.log(opened, placed)
        card = (placed.folder / "reports" / "model_card.md").read_text(encoding="utf-8")
        register.register_version(run, evidence.model.manifest, evidence.parity, card)
        for item in placed.folder.iterdir():  # the folder that the page speaks of
            item.rename(folder / item.name)
        found = Published(placed, folder)
        found.features.to_csv(folder / "new.csv", index=False)
        yield found


def run(command: Sequence[str], folder: Path, **settings: str) -> str:
    """Standard output of a command that must succeed; python and mlflow are this environment's."""
    kept = environment(**settings)
    kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def printed(text: str) -> tuple[Any, list[float] | None]:
    """Label and probabilities from lines such as `prediction_label [1.5]`, of Python or Node."""
    found = {}
    for line in text.splitlines():
        name, _, values = line.partition(" ")
        try:
            found[name] = json.loads(values)
        except ValueError:
            found[name] = ast.literal_eval(values)
    (label,) = found["prediction_label"]
    scores = found.get("prediction_score")
    return label, scores[0] if scores and isinstance(scores[0], list) else scores
