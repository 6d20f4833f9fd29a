"""A training by hand does not crown: the gate, or a person's word, moves the champion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.config.train_config import read_config
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.errors import ConfigError, DataError
from pipeline.gate import challenge, holdout
from pipeline.models import __main__ as models
from pipeline.registry import client
from pipeline.registry.register import Version
from pipeline.retrain import __main__ as retrain
from pipeline.train import __main__ as train
from pipeline.train import run
from tests import tracked

NAME = "rent"
FAST = ("--target", "rent", "--fold", "2", "--top", "1")


def table(count: int) -> pd.DataFrame:
    """The same first rows whatever the count."""
    draw = np.random.default_rng(5)
    size, noise = draw.uniform(20, 120, 1000), draw.normal(0, 40, 1000)
    floor = draw.integers(0, 9, 1000)
    frame = pd.DataFrame({"size": size, "floor": floor, "rent": 9 * size + 5 * floor + noise})
    return frame.head(count).round(3)


class Place:
    """A folder with a store, and trainings in it."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.client = tracked.enter(folder, patch)

    def trained(self, count: int, *options: str) -> Any:
        table(count).to_csv(f"{NAME}.csv", index=False)
        return CliRunner().invoke(train.app, ["--data", f"{NAME}.csv", *FAST, *options])

    @property
    def aliases(self) -> dict[str, str]:
        return client.list_aliases(self.client, NAME)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        yield Place(tmp_path_factory.mktemp("rent"), patch)


@pytest.fixture(scope="module")
def first(place: Place) -> Any:
    return place.trained(200, "--include", "dummy")


@pytest.fixture(scope="module")
def better(place: Place, first: Any) -> Any:
    assert first.exit_code == 0, first.stderr
    return place.trained(600, "--include", "lr")


@pytest.mark.slow
def test_the_first_version_becomes_the_champion(place: Place, first: Any) -> None:
    assert "are kept from the training" not in first.stderr
    assert "Champion: version 1 (R2 " in first.stdout


@pytest.mark.slow
def test_retraining_on_what_was_trained_by_hand_is_nothing_to_do(place: Place, first: Any) -> None:
    assert first.exit_code == 0, first.stderr
    Path("top.toml").write_text("top = 1\n", encoding="utf-8")  # retraining has no such flag
    settings = ["--target", "rent", "--fold", "2", "--config", "top.toml", "--include", "dummy"]
    arguments = ["--data", f"{NAME}.csv", *settings]
    done = CliRunner().invoke(retrain.app, arguments)
    assert done.exit_code == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["outcome"], summary["champion_after"]) == ("unchanged", "1")


@pytest.mark.slow
def test_a_better_one_replaces_it_by_rows_that_neither_has_seen(place: Place, better: Any) -> None:
    assert better.exit_code == 0, better.stderr
    assert place.aliases == {"champion": "2", "previous": "1"}
    whole = load_dataset(find_dataset(read_config(data=Path(f"{NAME}.csv"), target="rent")))
    held = whole.frame[holdout.select_kept_back(whole, 0.2)]
    assert f"{len(held)} of 600 rows are kept from the training" in better.stderr
    seen = holdout.SeenRows.of(table(200)).among(held)
    assert seen is not None
    tags = place.client.get_model_version(NAME, "2").tags
    assert (tags["gate"], tags["gate_champion"]) == ("passed", "1")
    assert f" on {(~seen).sum()} holdout rows that neither has seen" in tags["gate_reason"]
    assert "is replaced by version 2" in better.stdout


@pytest.mark.slow
def test_a_useless_one_is_the_challenger_and_no_error(place: Place, better: Any) -> None:
    done = place.trained(600, "--include", "dummy")
    assert done.exit_code == 0, done.stderr
    assert place.aliases == {"champion": "2", "previous": "1", "challenger": "3"}
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("Champion: "))
    assert line.startswith("Champion: version 2 (R2 0.9")
    assert line.endswith("is the challenger")
    assert f"pipeline.models promote {NAME} 3 --reason" in done.stdout
    assert place.client.get_model_version(NAME, "3").tags["gate"] == "refused"


@pytest.mark.slow
def test_a_name_for_another_target_is_refused_before_a_run(place: Place, better: Any) -> None:
    (experiment,) = place.client.search_experiments(filter_string=f"name = '{NAME}'")
    before = len(place.client.search_runs([experiment.experiment_id]))
    table(300).to_csv("other.csv", index=False)
    with pytest.raises(ConfigError, match="predicts something else"):
        run.train(read_config(data=Path("other.csv"), name=NAME, target="size"))
    assert len(place.client.search_runs([experiment.experiment_id])) == before


@pytest.mark.slow
def test_too_few_rows_for_the_gate_are_refused_with_a_way_out(place: Place, better: Any) -> None:
    table(600).to_csv(f"{NAME}.csv", index=False)
    config = read_config(data=Path(f"{NAME}.csv"), target="rent", gate={"holdout": 0.99})
    data = load_dataset(find_dataset(config), config)
    with (
        pytest.raises(DataError, match="without the gate's holdout") as caught,
        challenge.prepare_challenge(data, config),
    ):
        pass
    assert "--promote REASON" in caught.value.hint


def test_promote_without_a_registration_makes_no_sense(tmp_path: Path) -> None:
    for option in ("--no-register", "--no-onnx"):
        arguments = ["--data", "x.csv", *FAST, "--promote", "why", option]
        assert CliRunner().invoke(train.app, arguments).exit_code == 2
    assert CliRunner().invoke(train.app, ["--data", "x.csv", *FAST, "--promote", ""]).exit_code == 2


def version(*aliases: str, before: str | None = "1", **settings: Any) -> Version:
    tags = {"metric": "R2", "holdout": "0.5", **settings.pop("tags", {})}
    known = {"metric": "R2", "holdout": "0.25"}
    champion = None
    if before is not None:
        champion = client.VersionEntry("m x", before, "", datetime.now(UTC), known)
    claimed = settings.pop("claimed", True)
    return Version("m x", "2", aliases, "models:/m x/2", "", tags, champion, claimed)


def lines(found: Version) -> dict[str, str]:
    return dict(challenge.describe_champion_fate(found))


def test_people_read_what_became_of_the_champion() -> None:
    assert lines(version("champion", before=None)) == {
        "Champion": "version 2 (R2 0.5000), the first one"
    }
    reason = {"gate_reason": "better"}
    assert lines(version("champion", tags=reason)) == {
        "Champion": "version 1 (R2 0.2500) is replaced by version 2 (R2 0.5000)",
        "Reason": "better",
    }
    assert lines(version("challenger", tags={"gate_reason": "worse"}, claimed=False)) == {
        "Champion": "version 1 (R2 0.2500) stays; version 2 (R2 0.5000) is the challenger",
        "Reason": "worse",
        "Promote": "python -m pipeline.models promote 'm x' 2 --reason \"why\"",
    }
    late = lines(version("challenger", tags=reason))
    assert "while this one was trained" in late["Reason"]


@pytest.mark.slow
def test_a_name_of_its_own_is_another_model(place: Place, better: Any) -> None:
    done = place.trained(200, "--include", "dummy", "--name", "rent tried")
    assert done.exit_code == 0, done.stderr
    assert "Model:   models:/rent tried/1 (champion)" in done.stdout
    assert place.client.get_experiment_by_name("rent tried") is not None


@pytest.mark.slow
def test_a_leak_does_not_become_champion_until_somebody_says_so(place: Place, better: Any) -> None:
    champion = place.aliases["champion"]
    leaky = table(600)
    leaky["rent in dollars"] = (leaky["rent"] * 1.1).round(3)
    leaky.to_csv("leaky.csv", index=False)
    arguments = ["--data", "leaky.csv", "--name", NAME, *FAST, "--include", "lr"]
    done = CliRunner().invoke(train.app, arguments)
    assert done.exit_code == 0, done.stderr
    refused = place.aliases["challenger"]
    assert place.aliases["champion"] == champion
    tags = place.client.get_model_version(NAME, refused).tags
    assert (tags["audit"], tags["gate"]) == ("red", "refused")
    assert tags["gate_reason"].startswith("the audit is red")
    promoted = ["promote", NAME, refused, "--reason", "dollars are known before"]
    assert CliRunner().invoke(models.app, promoted).exit_code == 0
    done = CliRunner().invoke(train.app, [*arguments, "--fold", "3"])
    assert done.exit_code == 0, done.stderr
    assert place.client.get_model_version(NAME, place.aliases["champion"]).version != refused
