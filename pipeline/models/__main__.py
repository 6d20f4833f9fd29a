"""Manages models: `python -m pipeline.models list | show | promote | rollback | prune`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli import app as cli
from pipeline.errors import UsageError
from pipeline.rendering.wording import format_count

if TYPE_CHECKING:
    from pipeline.registry.alias_history import Move
    from pipeline.registry.listing import Record
    from pipeline.registry.pruning import PruningJudgement

app = cli.create_application()

_ALIASES = ("champion", "previous", "challenger")
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_FUTURE = "in the future"  # the clock was moved
_DAYS = re.compile(r"(\d{1,5})d?", re.ASCII)
_ROWS = 20
_RUN = "python -m pipeline.models"

Name = Annotated[str, typer.Argument(help="Name of a registered model.", metavar="NAME")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence; the version keeps it.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")]


@app.command("list")
def list_(as_json: AsJson = False, log_format: cli.LogFormatOption = cli.LogFormat.auto) -> None:
    """Every registered model, its champion, and what the other aliases name."""
    with cli.session(log_format):
        from pipeline.registry.download import connect_existing
        from pipeline.registry.listing import list_models

        found = list_models(connect_existing())
        if as_json:
            _say_json(found)
        else:
            _say_models(found)


@app.command()
def show(
    address: Annotated[
        str, typer.Argument(help="NAME, NAME@ALIAS or NAME/VERSION.", metavar="NAME[@ALIAS]")
    ],
    as_json: AsJson = False,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """One version: verdict, metric, data, reasons, links and history; NAME is its champion."""
    with cli.session(log_format):
        from pipeline.registry.download import connect_existing
        from pipeline.registry.listing import describe_version, list_version_records

        client = connect_existing()
        found = describe_version(client, address)
        if as_json:
            _say_json(found)
            return
        _say_version(found)
        if found["name"] == address:
            _say_versions(list_version_records(client, address))


@app.command()
def promote(
    name: Name,
    version: Annotated[str, typer.Argument(help="Number of the version.", metavar="VERSION")],
    reason: Reason,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Make a proven version the champion; the one so far becomes `previous`."""
    with cli.session(log_format):
        from pipeline.registry import promotion
        from pipeline.registry.download import connect_existing

        move = promotion.promote_version(connect_existing(), name, version, reason)
        if move is None:
            cli.say(f"Version {version} is the champion of {name} already")
        else:
            _say_move(name, move)


@app.command()
def rollback(
    name: Name, reason: Reason, log_format: cli.LogFormatOption = cli.LogFormat.auto
) -> None:
    """Take the champion off for good; the one before it becomes the champion again."""
    with cli.session(log_format):
        from pipeline.registry import promotion
        from pipeline.registry.download import connect_existing

        move = promotion.roll_back(connect_existing(), name, reason)
        _say_move(name, move)
        cli.say(f"To bring it back: {_RUN} promote {name} {move.replaced} --reason TEXT")


@app.command()
def prune(
    name: Name,
    keep: Annotated[int, typer.Option(min=0, help="So many of the newest stay.")] = 10,
    older_than: Annotated[
        str, typer.Option(help="Only versions of more days than this go.", metavar="DAYS")
    ] = "90d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Delete old versions that no alias names; their runs and logged models stay."""
    with cli.session(log_format):
        from pipeline.registry import pruning
        from pipeline.registry.download import connect_existing

        found = _DAYS.fullmatch(older_than.strip().lower())
        if found is None:
            raise UsageError(
                f"older-than: got {older_than!r}, expected days such as 90d",
                hint="0d: whatever their age",
            )
        age = timedelta(days=int(found[1]))
        _say_pruned(
            pruning.prune_versions(connect_existing(), name, keep, age, dry_run=dry_run), dry_run
        )


def _say_json(found: Any) -> None:
    cli.say(json.dumps(found, indent=2, ensure_ascii=False))


def _say_models(found: list[Record]) -> None:
    if not found:
        cli.say("Nothing is registered yet; python -m pipeline.train registers what it has proven")
        return
    head = ("model", *_ALIASES, "verdict", "metric", "age")
    cli.say_table("Registered models", head, [_model_row(model) for model in found])
    for name in (model["name"] for model in found if model["unfinished"]):
        cli.say(f"Note: a move in {name} was cut off; the next promote or rollback settles it")
    for name, version in ((m["name"], version) for m in found for version in m["registering"]):
        cli.say(
            f"Note: version {version} of {name} is unfinished: its registration was cut off; "
            "python -m pipeline.doctor --fix completes it"
        )


def _model_row(model: Record) -> tuple[str, ...]:
    held = (model["aliases"].get(alias, "-") for alias in _ALIASES)
    version = model["shown"]
    if version is None:
        return (model["name"], *held, "-", "-", "-")
    return (model["name"], *held, *_facts(version))


def _facts(version: Record) -> tuple[str, str, str]:
    return version["verdict"] or "-", _metric(version) or "-", _age(version["created"])


def _say_version(found: Record) -> None:
    named = f" ({', '.join(found['aliases'])})" if found["aliases"] else ""
    cli.say(f"{found['name']}, version {found['version']}{named}")
    rows = {
        "verdict": found["verdict"],
        "metric": _metric(found),
        "model": found["model_id"],
        "data": found["data_sha256"],
        "registered": f"{found['created']} ({_ago(found['created'])})",
        "gate": _gate(found["tags"]),
        "promoted": _date_reason(found["promoted"], found["promotion_reason"]),
        "rolled back": _date_reason(found["rolled_back"], found["rollback_reason"]),
        **found["links"],
    }
    _say_pairs((key, value) for key, value in rows.items() if value)
    cli.say("Tags")
    _say_pairs((k, v) for k, v in found["tags"].items() if k != "history")
    if found["history"]:
        moves = [_describe_move(move) for move in found["history"]]
        cli.say_table("History", ("time", "move", "by", "reason"), moves)


def _say_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    kept = list(pairs)
    width = max((len(key) for key, _ in kept), default=0)
    for key, value in kept:
        cli.say(f"  {key.ljust(width)}  {value}")


def _say_versions(found: list[Record]) -> None:
    rows = [
        (version["version"], _describe_standing(version), *_facts(version))
        for version in found[:_ROWS]
    ]
    cli.say_table("Versions", ("version", "standing", "verdict", "metric", "age"), rows)
    if len(found) > _ROWS:
        cli.say(f"and {len(found) - _ROWS:,} older ones")


def _say_move(name: str, move: Move) -> None:
    cli.say(f"Champion of {name}: {move.replaced or 'none'} → {move.version}")
    cli.say(f"Previous: {move.previous or 'none'}")
    cli.say(f"Reason:   {move.reason} ({move.by}, {move.at})")


def _say_pruned(found: list[PruningJudgement], dry_run: bool) -> None:
    gone = "would be deleted" if dry_run else "deleted"
    rows = [
        (judgement.entry.version, "kept" if judgement.kept else gone, judgement.why)
        for judgement in found
    ]
    cli.say_table("Versions", ("version", "outcome", "because it"), rows)
    cli.say(f"{sum(not judgement.kept for judgement in found):,} of {len(found):,} {gone}")
    cli.say("Their runs stay; to free that space delete them in MLflow and run `mlflow gc`")


def _describe_standing(version: Record) -> str:
    words = [*version["aliases"], *["unfinished"] * version["unfinished"]]
    return ", ".join(words) or ("rolled back" if version["rolled_back"] else "-")


def _metric(version: Record) -> str:
    metric = version["metric"]
    if metric is None:
        return ""
    value = metric["holdout"]
    return metric["name"] if value is None else f"{metric['name']} {value:.4f}"


def _gate(tags: dict[str, str]) -> str:
    """What the gate said of a version, and against which champion; empty where none was asked."""
    from pipeline.gate.challenge import AGAINST, GATE, GATE_REASON

    if GATE_REASON not in tags:
        return ""
    against = f" against version {tags[AGAINST]}" if tags.get(AGAINST) else ""
    return f"{tags.get(GATE, 'not asked')}{against}: {tags[GATE_REASON]}"


def _describe_move(move: dict[str, Any]) -> tuple[str, str, str, str]:
    step = f"{move.get('replaced') or 'none'} → {move.get('version')}"
    return (
        str(move.get("at")),
        f"{move.get('action')} {step}",
        str(move.get("by")),
        str(move.get("reason")),
    )


def _date_reason(at: str | None, reason: str | None) -> str:
    return f"{at}: {reason}" if at else ""


def _age(created: str) -> str:
    seconds = (datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds()
    for unit, size in _UNITS:
        if seconds >= size:
            return format_count(int(seconds // size), unit)
    return "less than a minute" if seconds > -_UNITS[-1][1] else _FUTURE


def _ago(created: str) -> str:
    age = _age(created)
    return age if age == _FUTURE else f"{age} ago"


if __name__ == "__main__":
    app()
