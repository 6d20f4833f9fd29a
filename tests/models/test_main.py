"""`python -m pipeline.models` as its user meets it: what it says, what it changes, how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from pipeline.models import __main__ as models
from pipeline.registry import alias_history, register
from pipeline.registry import client as registry
from pipeline.track import mlflow_run
from tests import tracked, versions

if TYPE_CHECKING:
    from click.testing import Result
    from mlflow import MlflowClient

FACTS = {"metric": "R2", "holdout": "0.8765432", "data_sha256": "ab" * 32, "model_id": "gbr"}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


@pytest.fixture
def prices(client: MlflowClient) -> MlflowClient:
    """Three proven versions of `prices` and one that is not; nothing is promoted."""
    for verdict in ("pass", "pass", "pass", "fail"):
        versions.add(client, "prices", verdict, **FACTS)
    return client


def command(*arguments: str) -> Result:
    return CliRunner().invoke(models.app, [*arguments, "--log-format", "json"])


def said(*arguments: str) -> str:
    done = command(*arguments)
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def refused(*arguments: str) -> tuple[int, str]:
    """The exit code, and message and hint of the one line on stderr."""
    done = command(*arguments)
    assert done.stdout == ""
    line = json.loads(done.stderr)
    return done.exit_code, f"{line['message']} {line['hint']}"


def found(*arguments: str) -> Any:
    return json.loads(said(*arguments, "--json"))


def promoted(*numbers: str) -> None:
    for number in numbers:
        said("promote", "prices", number, "--reason", f"because of {number}")


def test_list_has_a_line_for_each_model(prices: MlflowClient) -> None:
    promoted("1", "3")
    prices.set_registered_model_alias("prices", "challenger", "2")
    versions.add(prices, "new")
    lines = said("list").splitlines()
    assert re.split(r"\s{2,}", lines[1]) == [
        *("model", "champion", "previous", "challenger", "verdict", "metric", "age")
    ]
    assert re.split(r"\s{2,}", lines[2])[:5] == ["new", "-", "-", "-", "pass"]
    assert re.split(r"\s{2,}", lines[3])[:6] == ["prices", "3", "1", "2", "pass", "R2 0.8765"]


def test_a_version_whose_registration_was_cut_off_is_marked(prices: MlflowClient) -> None:
    promoted("1")
    prices.set_model_version_tag("prices", "3", registry.REGISTERING, "true")
    note = said("list").splitlines()[-1]
    assert note.startswith("Note: version 3 of prices is unfinished")
    assert found("list")[0]["registering"] == ["3"]
    prices.delete_registered_model_alias("prices", "champion")
    (line,) = (line for line in said("show", "prices").splitlines() if "unfinished" in line)
    assert line.split()[:2] == ["3", "unfinished"]


def test_an_empty_store_is_no_failure(client: MlflowClient) -> None:
    assert "python -m pipeline.train" in said("list")
    assert found("list") == []


def test_list_as_json_says_the_same(prices: MlflowClient) -> None:
    promoted("1", "3")
    (model,) = found("list")
    assert (model["name"], model["unfinished"]) == ("prices", False)
    assert model["aliases"] == {"champion": "3", "previous": "1"}
    assert model["shown"]["metric"] == {"name": "R2", "holdout": 0.8765432}


@pytest.mark.parametrize("text", ["nan", "1e999", "-inf", "0.9.1"])
def test_a_tag_that_is_no_number_is_none_in_json(prices: MlflowClient, text: str) -> None:
    prices.set_model_version_tag("prices", "4", "holdout", text)
    content = said("list", "--json")
    (model,) = json.loads(content, parse_constant=pytest.fail)
    assert model["shown"]["metric"] == {"name": "R2", "holdout": None}
    assert re.split(r"\s{2,}", said("list").splitlines()[2])[5:6] == ["R2"]


@pytest.mark.parametrize(
    "text",
    ["5", "null", '"x"', "{}", "[5]", '[{"number": NaN}]', '["\\ud800"]', "[" * 2_400, "9" * 4_500],
)
def test_a_history_of_another_kind_is_none(prices: MlflowClient, text: str) -> None:
    prices.set_model_version_tag("prices", "4", alias_history.HISTORY, text)
    prices.set_model_version_tag("prices", "4", alias_history.NUMBER, "9" * 4_500)
    content = json.loads(said("show", "prices/4", "--json"), parse_constant=pytest.fail)
    assert content["history"] == []
    assert content["tags"][alias_history.HISTORY] == text
    promoted("3")  # a move looks at the numbers of all
    assert found("show", "prices/3")["history"][0]["number"] == 1


def test_a_history_keeps_its_moves_beside_what_is_none(prices: MlflowClient) -> None:
    promoted("1")
    (entry,) = [e for e in registry.list_model_versions(prices, "prices") if e.version == "1"]
    kept = json.loads(entry.tags[alias_history.HISTORY])
    text = json.dumps([{**kept[0], "number": "one"}, *kept, 5])
    prices.set_model_version_tag("prices", "1", alias_history.HISTORY, text)
    assert found("show", "prices/1")["history"] == kept
    promoted("2")
    promoted("1")  # which writes the tag anew
    assert [move["reason"] for move in found("show", "prices/1")["history"]][-1:] == [
        kept[0]["reason"]
    ]


@pytest.mark.parametrize("text", ["5", "{}", '{"version": []}', "[" * 2_400, "9" * 4_500])
def test_a_note_of_a_move_that_is_none_is_forgotten(prices: MlflowClient, text: str) -> None:
    promoted("1")
    prices.set_registered_model_tag("prices", alias_history.UNFINISHED, text)
    promoted("2")
    (model,) = found("list")
    assert (model["unfinished"], model["aliases"]["champion"]) == (False, "2")


def test_list_says_where_a_move_was_cut_off(prices: MlflowClient) -> None:
    prices.set_registered_model_tag("prices", alias_history.UNFINISHED, "{}")
    assert "a move in prices was cut off" in said("list")


def test_a_model_without_versions_is_listed(client: MlflowClient) -> None:
    client.create_registered_model("empty")
    assert "empty" in said("list")
    code, text = refused("show", "empty")
    assert (code, "without versions" in text) == (2, True)


@pytest.mark.parametrize(
    "address", ["prices", "prices@champion", "prices/2", "models:/prices@champion"]
)
def test_show_tells_all_that_is_known_of_a_version(prices: MlflowClient, address: str) -> None:
    promoted("1", "2")
    text = said("show", address)
    assert text.splitlines()[0] == "prices, version 2 (champion)"
    for fact in ("R2 0.8765", "ab" * 32, "gbr", "because of 2", "/#/models/prices/versions/2"):
        assert fact in text
    assert ("Versions" in text) == (address == "prices")


def test_show_has_the_history_newest_first(prices: MlflowClient) -> None:
    promoted("1", "2")
    said("rollback", "prices", "--reason", "wrong")
    promoted("2")
    history = found("show", "prices/2")["history"]
    assert [move["reason"] for move in history] == ["because of 2", "wrong", "because of 2"]
    assert [move["action"] for move in history] == ["promote", "rollback", "promote"]
    lines = said("show", "prices/2").split("History")[1].splitlines()[2:5]
    assert [" ".join(line.split()[1:5]) for line in lines] == [
        *("promote 1 → 2", "rollback 2 → 1", "promote 1 → 2")
    ]


def test_without_a_champion_the_newest_version_is_shown(prices: MlflowClient) -> None:
    assert said("show", "prices").startswith("prices, version 4\n")


def test_a_version_says_what_the_gate_said(client: MlflowClient) -> None:
    asked = {"gate": "refused", "gate_champion": "7", "gate_reason": "it is worse"}
    versions.add(client, "rent", **asked)
    text = " ".join(said("show", "rent").split())
    assert "gate refused against version 7: it is worse" in text


def test_a_version_links_to_its_run_and_report(client: MlflowClient) -> None:
    with mlflow_run.open_run("small", "train-1") as run:
        evidence = tracked.evidence(Path("out"), count=1)
        logged = tracked.log(run, evidence)
        register.register_version(logged, evidence.model.manifest, evidence.parity, "# A card")
    links = found("show", "small")["links"]
    assert links["run"] == run.url
    assert f"/runs/{run.run_id}/artifacts/reports/report.html?" in links["report"]


def test_promote_and_rollback_say_what_they_did(prices: MlflowClient) -> None:
    promoted("1")
    text = said("promote", "prices", "2", "--reason", "better")
    assert text.splitlines()[:2] == ["Champion of prices: 1 → 2", "Previous: 1"]
    text = said("rollback", "prices", "--reason", "wrong for the south")
    assert "Champion of prices: 2 → 1\nPrevious: none\n" in text
    assert "wrong for the south" in text
    assert "promote prices 2" in text
    assert registry.list_aliases(prices, "prices") == {"champion": "1"}


def test_promoting_the_champion_ends_well_and_says_so(prices: MlflowClient) -> None:
    promoted("1")
    assert "champion of prices already" in said("promote", "prices", "1", "--reason", "again")


def test_what_cannot_be_promoted_is_refused_with_its_own_code(prices: MlflowClient) -> None:
    assert refused("promote", "prices", "4", "--reason", "x")[0] == 5
    assert refused("promote", "prices", "9", "--reason", "x")[0] == 2
    assert refused("promote", "prices", "1", "--reason", " ")[0] == 2
    assert refused("rollback", "prices", "--reason", "x")[0] == 2
    assert command("promote", "prices", "1").exit_code == 2
    assert registry.list_aliases(prices, "prices") == {}


def test_an_unknown_name_names_its_nearest_neighbour(prices: MlflowClient) -> None:
    for arguments in (
        ("show", "price"),
        ("show", "price@champion"),
        ("show", "price/1"),
        ("promote", "price", "1", "--reason", "x"),
        ("rollback", "price", "--reason", "x"),
        ("prune", "price"),
    ):
        code, text = refused(*arguments)
        assert (code, "'prices'" in text) == (2, True), text


def test_an_unknown_alias_or_version_is_refused(prices: MlflowClient) -> None:
    promoted("1")
    for address in ("prices@champ", "prices/9", "prices/one", "prices@", "prices/"):
        code, text = refused("show", address)
        assert (code, "prices@champion" in text) == (2, True), text


def test_prune_says_what_it_keeps_and_why(prices: MlflowClient) -> None:
    promoted("1", "2")
    options = ("prune", "prices", "--keep", "1", "--older-than", "0d")
    text = said(*options, "--dry-run")
    assert "1 of 4 would be deleted" in text
    assert versions.numbers(prices, "prices") == ["4", "3", "2", "1"]
    text = said(*options)
    rows = {line.split()[0]: line for line in text.splitlines()[2:6]}
    assert "deleted" in rows["3"]
    assert rows["2"].endswith("is champion")
    assert rows["1"].endswith("is previous")
    assert rows["4"].endswith("is among the newest 1")
    assert versions.numbers(prices, "prices") == ["4", "2", "1"]


def test_nothing_young_is_pruned_without_asking_for_it(prices: MlflowClient) -> None:
    assert "0 of 4 deleted" in said("prune", "prices", "--keep", "0")


@pytest.mark.parametrize("text", ["", "soon", "3w", "-1d", "1.5d", "٣d"])
def test_what_is_no_number_of_days_is_refused(prices: MlflowClient, text: str) -> None:
    code, line = refused("prune", "prices", f"--older-than={text}")
    assert (code, "90d" in line) == (2, True)


def test_without_a_store_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert refused("list")[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{tracked.free_port()}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert command("list").exit_code == 7
