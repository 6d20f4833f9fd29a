"""Stage 6: registers a proven run as a version in MLflow's registry."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError, LockedError, ParityError, TrackingError
from pipeline.errors.causes import explain_failure
from pipeline.manifest import Manifest
from pipeline.registry import alias_history, promotion
from pipeline.registry.client import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    REGISTERING,
    VersionEntry,
    list_aliases,
    list_model_versions,
    lock_registry,
    search_versions,
)
from pipeline.registry.model_names import model_name, refuse_other_subject, subject_tags
from pipeline.rendering.wording import escape_markdown
from pipeline.runtime.integrity import CHECKSUMS_SHA256, ONNX_SHA256
from pipeline.system.signals import is_interrupt
from pipeline.track import store
from pipeline.track.description import VERSION_LIMIT, fit_description, format_links
from pipeline.track.mlflow_run import Run
from pipeline.track.training_result import to_verdict

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from pipeline.parity.verify import Parity

logger = logging.getLogger(__name__)

_VERSIONS = "mlflow.modelVersions"
_HASHES = (ONNX_SHA256, CHECKSUMS_SHA256)
"""Tags of the logged model that its version keeps, to hold the files against."""


@dataclass(frozen=True)
class Claim:
    """That a new version is to be the champion.

    Attributes:
        reason: why; the version keeps it.
        against: the champion that it was held against; None: there was none.
        anyway: whatever the champion is by now, as a person wants it so.
        by: who or what claims it; the user of this process when empty.
    """

    reason: str
    against: str | None = None
    anyway: bool = False
    by: str = "pipeline.train"


FIRST = Claim("the first version that was proven")


@dataclass(frozen=True)
class Version:
    """One version of a registered model.

    Attributes:
        uri: what `mlflow.pyfunc.load_model` takes.
        url: the version's page.
        tags: metric, holdout, fingerprint and others.
        before: the champion before; None: there was none.
        claimed: whether it had a claim to be the champion.
    """

    name: str
    version: str
    aliases: tuple[str, ...]
    uri: str
    url: str
    tags: Mapping[str, str]
    before: VersionEntry | None
    claimed: bool


@dataclass(frozen=True)
class Candidate:
    """What is registered about a new version.

    Attributes:
        model_uri: `models:/m-…` of the logged model.
        tags: of the version; `verdict` is among them.
        subject: what it predicts, as tags of the registered model; every version has the same.
        purpose: description of the registered model in Markdown, where it is new.
        claim: why the version is to be the champion; None: it stays the challenger.
    """

    name: str
    model_uri: str
    run_id: str
    description: str
    tags: Mapping[str, str]
    subject: Mapping[str, str]
    purpose: str
    claim: Claim | None


def register_version(  # noqa: PLR0913  what a training has made, and what is to become of it
    run: Run,
    manifest: Manifest,
    parity: Parity,
    card: str,
    tags: Mapping[str, str] | None = None,
    *,
    claim: Claim | None = FIRST,
) -> Version:
    """Register the run's model under its dataset's name, as the champion or as the challenger.

    The new version is the challenger until the aliases move: first `previous` to the champion
    so far, then `champion` to the new version. Whatever fails meanwhile, the aliases go back and
    the version is deleted. A claim against a champion that is another one by now has no effect.

    Args:
        run: the run as `track.log_training` returned it.
        manifest: what the sealed model says about itself.
        card: the model card in Markdown, which becomes the version's description.
        tags: further tags of the version, such as `fingerprint`.
        claim: why it is to be the champion; None leaves it the challenger, and a gate decides.

    Raises:
        ParityError: the verdict is not good; nothing is registered.
        ConfigError: the model of that name predicts something else.
        TrackingError: the run holds no model, or the registry does not answer.
        LockedError: another process is busy with the registry.
    """
    if not parity.passed:
        raise ParityError(
            f"got the verdict fail ({parity.text}), expected pass",
            hint=f"nothing is registered; the evidence is in tables/parity.json of {run.url}",
        )
    if run.run_id is None or run.model_uri is None:
        raise TrackingError("got a run without a logged model, expected one from track.log")
    facts = {
        "verdict": to_verdict(parity),
        "data_sha256": manifest.data_sha256,
        "model_id": manifest.model_id,
        "run_id": run.run_id,
        **(tags or {}),
    }
    line = format_links(run.experiment_id, run.run_id, run.model_uri.removeprefix("models:/"))
    note = fit_description(card, line, VERSION_LIMIT)
    name = model_name(manifest.name)
    purpose = (
        f"Models that predict {escape_markdown(manifest.target)} of "
        f"{escape_markdown(manifest.name)} "
        f"({manifest.task}). Each is one ONNX file that was proven to predict what PyCaret "
        f"predicts. {describe_aliases(name)}"
    )
    subject = subject_tags(manifest)
    return add_version(
        Candidate(name, run.model_uri, run.run_id, note, facts, subject, purpose, claim)
    )


def describe_aliases(name: str) -> str:
    """Which versions of a registered model the aliases are, as a sentence of Markdown."""
    return f"`models:/{name}@{CHAMPION}` is the one in use, `@{PREVIOUS}` the one before."


def add_version(candidate: Candidate) -> Version:
    """Register a logged model as `register_version` says, whatever it was made by.

    Raises:
        ConfigError, TrackingError, LockedError: as there.
    """
    added: list[Version] = []
    try:
        with lock_registry():  # for a second or two, unless the registry is being started again
            added.append(_add_whole(store.connect(), candidate))
    except (ConfigError, LockedError, TrackingError):
        raise
    except BaseException as err:
        for new in added * is_interrupt(err):  # the interrupt waited for the end of the block
            logger.warning("too late: %s (%s) is registered", new.uri, ", ".join(new.aliases))
        if not isinstance(err, Exception):
            raise
        raise TrackingError(  # MLflow, requests and SQLAlchemy share no base class
            f"got no version of {candidate.name!r} ({explain_failure(err)}), "
            "expected a registry that answers",
            hint=f"nothing is registered; the run is kept: register {candidate.model_uri} "
            "on the run's page, or train again",
        ) from err
    return added[0]


def _add_whole(client: MlflowClient, candidate: Candidate) -> Version:
    """Create the version and move the aliases; on any failure leave everything as it was.

    A process that is killed meanwhile leaves the tag `registering`, which the doctor finds.
    """
    is_new = _ensure_model(client, candidate)
    promotion.settle_move(client, candidate.name)
    known = {entry.version: entry for entry in list_model_versions(client, candidate.name)}
    before = {alias: entry.version for entry in known.values() for alias in entry.aliases}
    number, claim = None, candidate.claim
    try:
        number = _create_version(client, candidate)
        promotion.stage_challenger(client, candidate.name, number)
        if claim is not None and (claim.anyway or claim.against == before.get(CHAMPION)):
            promotion.promote_locked(client, candidate.name, number, claim.reason, by=claim.by)
        _link_back(client, candidate, number)
        client.delete_model_version_tag(candidate.name, number, REGISTERING)
    except BaseException:
        _undo(client, candidate.name, number, None if is_new else before)
        raise
    return Version(
        name=candidate.name,
        version=number,
        aliases=tuple(a for a, v in list_aliases(client, candidate.name).items() if v == number),
        uri=f"models:/{candidate.name}/{number}",
        url=store.ui_url("models", candidate.name, "versions", number),
        tags=candidate.tags,
        before=known.get(before.get(CHAMPION, "")),
        claimed=claim is not None,
    )


def _ensure_model(client: MlflowClient, candidate: Candidate) -> bool:
    """Whether the registered model had to be made.

    Raises:
        ConfigError: the one of that name predicts something else: files of one name, say.
    """
    from mlflow.exceptions import MlflowException

    name, subject = candidate.name, candidate.subject
    try:
        client.create_registered_model(name, dict(subject), candidate.purpose)
    except MlflowException as err:
        if err.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        refuse_other_subject(name, subject, client.get_registered_model(name).tags)
        return False
    return True


def _create_version(client: MlflowClient, candidate: Candidate) -> str:
    """Create the version once, also where the answer to a request is lost and it is sent again."""
    model_id = candidate.model_uri.removeprefix("models:/")
    logged = client.get_logged_model(model_id).tags
    hashes = {key: logged[key] for key in _HASHES if key in logged}
    client.create_model_version(
        candidate.name,
        candidate.model_uri,
        run_id=candidate.run_id,
        tags={**hashes, **candidate.tags, REGISTERING: "true"},
        description=candidate.description,
        model_id=model_id,
    )
    of_run = search_versions(client, candidate.name, f"run_id = '{candidate.run_id}'")
    same = [version for version in of_run if version.source == candidate.model_uri]
    newest, *doubles = sorted((str(version.version) for version in same), key=int, reverse=True)
    held = list_aliases(client, candidate.name).values()
    for double in doubles:
        if double not in held:
            client.delete_model_version(candidate.name, double)
    return newest


def _link_back(client: MlflowClient, candidate: Candidate, number: str) -> None:
    """Let the logged model's page name its version, as `mlflow.register_model` does."""
    model_id = candidate.model_uri.removeprefix("models:/")
    known = client.get_logged_model(model_id).tags.get(_VERSIONS, "[]")
    versions = [*json.loads(known), {"name": candidate.name, "version": number}]
    client.set_logged_model_tags(model_id, {_VERSIONS: json.dumps(versions)})


def _undo(
    client: MlflowClient, name: str, number: str | None, before: Mapping[str, str] | None
) -> None:
    """Put the aliases back and delete the version; without `before`, the whole new model.

    The aliases come first: deleting a version deletes the aliases that point to it.
    """
    try:
        if before is None:
            client.delete_registered_model(name)
            return
        for alias in (CHAMPION, PREVIOUS, CHALLENGER):
            if alias in before:
                client.set_registered_model_alias(name, alias, before[alias])
            else:
                client.delete_registered_model_alias(name, alias)
        alias_history.forget_move(client, name)
        if number is not None:
            client.delete_model_version(name, number)
    except Exception as err:  # noqa: BLE001  the first failure is the one to report
        logger.error("model %r could not be put back as it was: %s", name, err)
