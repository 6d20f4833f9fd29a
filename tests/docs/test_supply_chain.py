"""Bills of materials say what the locks say; new advisories are told, and silence is no answer."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from docs.supply_chain import advisories, sbom
from docs.supply_chain.advisories import Argued, Found
from tests.commands import ROOT

LOCK = "joblib==1.3.2 \\\n    --hash=sha256:00\nscikit-learn==1.4.2 \\\n    --hash=sha256:11\n"
ADVISORY = {"id": "PYSEC-2024-110", "aliases": ["CVE-2024-5206"], "fix_versions": ["1.5.0"]}
JOBLIB = {"name": "joblib", "version": "1.3.2", "vulns": []}
SKLEARN = {"name": "scikit_learn", "version": "1.4.2", "vulns": [ADVISORY]}
TABLE = (Argued("scikit-learn", ("CVE-2024-5206",), "what", "why"),)

STAND_IN = """
import json, os, sys
if "--dry-run" in sys.argv:
    if os.environ["STAND_IN"] == "lock":
        sys.exit("ERROR: the lock is none")
    print(json.dumps({"dependencies": []}))
elif os.environ["STAND_IN"] == "network":
    raise ConnectionError("no such host")
else:
    print(os.environ["STAND_IN"])
    sys.exit(1)  # as pip-audit for an advisory
"""
"""pip-audit, as it prints and ends."""


def answer(*entries: Mapping[str, Any] | str) -> str:
    return json.dumps({"dependencies": entries, "fixes": []})


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the whole check on LOCK with a pip-audit that says this; returns the exit code."""
    (tmp_path / "pip_audit.py").write_text(STAND_IN)
    (tmp_path / "lock.txt").write_text(LOCK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["advisories"])

    def ask(says: str) -> int:
        monkeypatch.setenv("STAND_IN", says)
        return advisories.main([tmp_path / "lock.txt"])

    return ask


@pytest.mark.parametrize("lock", sbom.LOCKS)
def test_the_bill_names_what_the_lock_pins(lock: str) -> None:
    text = sbom.file(lock).read_text(encoding="utf-8")
    bill = json.loads(text)
    pinned = advisories.pins((ROOT / lock).read_text(encoding="utf-8"))
    assert {part["name"]: part["version"] for part in bill["components"]} == pinned
    purls = {f"pkg:pypi/{name}@{version}" for name, version in pinned.items()}
    assert {part["purl"] for part in bill["components"]} == purls
    assert not {"serialNumber", "timestamp"} & {*bill, *bill["metadata"]}
    assert text.replace(bill["$schema"], "").count("://") == 0


def test_a_bill_has_no_addresses_and_keeps_its_references_when_a_line_is_added() -> None:
    def part(line: int, name: str) -> dict[str, Any]:
        away = [{"type": "distribution", "url": f"https://index.example/simple/{name}/"}]
        names = {"name": name, "version": "1.0", "purl": f"pkg:pypi/{name}@1.0"}
        return {"bom-ref": f"L{line}", "type": "library", "externalReferences": away, **names}

    tool = {"name": "tool", "externalReferences": [{"url": "https://index.example"}]}
    metadata = {"component": {"name": "root"}, "tools": {"components": [tool]}}
    bills = [
        sbom.portable({"metadata": metadata, "components": parts, "dependencies": []}, "2.0")
        for parts in ([part(1, "b")], [part(1, "a"), part(2, "b")])
    ]
    assert bills[0]["components"][0] == bills[1]["components"][1]
    assert "https" not in json.dumps(bills)
    assert bills[1]["dependencies"][0]["dependsOn"] == ["pkg:pypi/a@1.0", "pkg:pypi/b@1.0"]


def test_every_argued_advisory_is_of_a_pinned_package() -> None:
    pinned = {
        name for lock in advisories.LOCKS for name in advisories.pins((ROOT / lock).read_text())
    }
    assert {entry.package for entry in advisories.argued()} <= pinned


@pytest.mark.parametrize(
    "entries",
    [
        [{"package": "a", "ids": ["X"], "what": "what"}],
        [{"package": "a", "ids": ["X"], "what": "what", "why": ""}],
        [{"package": "a", "ids": ["X", "X"], "what": "what", "why": "why"}],
        [{"package": "a", "ids": [], "what": "what", "why": "why"}],
        [{"package": "a", "ids": ["X"], "what": "what", "why": " "}],
        [{"package": "a", "ids": [" "], "what": "what", "why": "why"}],
        [{"package": "a", "ids": "CVE-1", "what": "what", "why": "why"}],
        [{"package": "a", "ids": [5], "what": "what", "why": "why"}],
        [{"package": 5, "ids": ["X"], "what": "what", "why": "why"}],
        [["package", "ids", "what", "why"]],
        {"package": "a"},
        {},
        None,
        5,
    ],
)
def test_a_table_without_a_reason_for_each_is_refused(entries: Any, tmp_path: Path) -> None:
    file = tmp_path / "advisories.json"
    file.write_text(json.dumps(entries))
    with pytest.raises(advisories.InvalidError):
        advisories.argued(file)


@pytest.mark.parametrize(
    "content", [b"\xff", b"[" * 5_000, b"[5", b"9" * 5_000, b'["\\ud800"]', None]
)
def test_a_table_that_cannot_be_read_is_refused(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "advisories.json"
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(advisories.InvalidError):
        advisories.argued(file)


@pytest.mark.parametrize(
    "pin",
    [
        "joblib[x]==1.3.2",
        "joblib == 1.3.2",
        "  Joblib==1.3.2  # via pycaret",
        "joblib==1.3.2;python_version>'3.8' --hash=sha256:00",
        "joblib==1.3.2 \\\r\n  --hash=sha256:00 \\\r\n  --hash=sha256:11\r\n",
    ],
)
def test_a_pin_is_seen_however_it_is_written(pin: str) -> None:
    assert advisories.pins(f"# a lock\n{pin}\nscikit-learn==1.4.2") == advisories.pins(LOCK)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"# nothing\n",
        b"joblib @ https://example.com/joblib.whl",
        b"joblib>=1.3.2",
        b"joblib==1.*",
        b"joblib===1.3.2",
        b"joblib",
        b"-r other.txt",
        b"--requirement other.txt",
        b"-e .",
        b"joblib==1.3.2\nJoblib==1.3.3",
        "j\u00f6blib==1".encode(),
        "j\u00f6blib==1".encode("latin-1"),
        None,
    ],
)
def test_a_lock_with_what_is_no_pin_cannot_be_checked(
    text: bytes | None, asking: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if text is None:
        (tmp_path / "lock.txt").unlink()
        (tmp_path / "lock.txt").mkdir()
    else:
        (tmp_path / "lock.txt").write_bytes(text)
    assert asking(answer(JOBLIB, SKLEARN)) == advisories.INVALID
    assert "lock.txt" in capsys.readouterr().err
    assert advisories.main([tmp_path / "none.txt"]) == advisories.INVALID


def test_an_advisory_is_known_by_any_of_its_names_but_only_of_its_package() -> None:
    (found,) = advisories.read(answer(JOBLIB, SKLEARN), advisories.pins(LOCK))
    assert found == Found("scikit-learn", "1.4.2", ("PYSEC-2024-110", "CVE-2024-5206"), ("1.5.0",))
    assert advisories.new([found], TABLE) == ()
    other = Found("joblib", "1.3.2", found.ids, ())
    assert advisories.new([found, other], TABLE) == (other,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        answer(),
        answer(JOBLIB),
        answer(JOBLIB, {"name": "scikit-learn", "skip_reason": "not found"}),
        answer(JOBLIB, {**SKLEARN, "version": "1.4.1"}),
        answer(JOBLIB, {**SKLEARN, "vulns": [{}]}),
        '{"dependencies": ["x"]}',
        '{"dependencies": {"x": 1}}',
        '{"dependencies": 5}',
        '{"dependencies": ' + "[" * 5_000,
        answer(JOBLIB, {**SKLEARN, "vulns": {}}),
        answer(JOBLIB, {**SKLEARN, "vulns": "none"}),
        answer(JOBLIB, {**SKLEARN, "vulns": None}),
        answer({**JOBLIB, "name": 5}, SKLEARN),
        *(
            answer(JOBLIB, {**SKLEARN, "vulns": [{**ADVISORY, key: value}]})
            for key, value in (
                *(("fix_versions", [5]), ("fix_versions", "1.5"), ("aliases", "CVE-1")),
                *(("aliases", [None]), ("id", "\ud800"), ("id", ""), ("id", "a\nb"), ("id", 5)),
            )
        ),
    ],
)
def test_a_package_that_was_not_looked_up_is_no_package_without_advisories(text: str) -> None:
    with pytest.raises(advisories.NoAnswerError):
        advisories.read(text, advisories.pins(LOCK))


def test_the_exit_code_tells_known_new_invalid_and_unanswered_apart(
    asking: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asking(answer(JOBLIB, SKLEARN)) == advisories.ALL_ARGUED
    fresh = {**JOBLIB, "vulns": [{"id": "PYSEC-2030-1", "aliases": [], "fix_versions": []}]}
    assert asking(answer(fresh, SKLEARN)) == advisories.NEW
    assert "joblib 1.3.2: PYSEC-2030-1, fixed in no version" in capsys.readouterr().out
    assert asking("lock") == advisories.INVALID
    assert asking("network") == advisories.NO_ANSWER
    assert asking(answer(JOBLIB)) == advisories.NO_ANSWER
    assert asking(answer("x")) == advisories.NO_ANSWER
    assert asking(answer(JOBLIB, SKLEARN) + " trailing") == advisories.NO_ANSWER
    assert "not checked" in capsys.readouterr().err


def test_pycarets_text_features_keep_no_word_that_they_leave_out() -> None:
    from pycaret.internal.preprocess.transformers import EmbedTextFeatures

    texts = pd.DataFrame({"note": ["red blue", "blue hunter2", "red red"]})
    (fitted,) = EmbedTextFeatures().fit(texts).estimators_.values()
    assert set(fitted.vocabulary_) == {"red", "blue", "hunter2"}
    assert not fitted.stop_words_


def test_the_only_pickles_that_are_read_are_the_private_one_and_one_that_is_trusted() -> None:
    readers = {
        (file.name, node.func.attr)
        for file in (ROOT / "pipeline").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"pickle", "joblib", "cloudpickle", "pd", "dill"}
        and node.func.attr in {"load", "loads", "read_pickle", "Unpickler"}
    }
    assert readers == {("checkpoint.py", "loads"), ("source.py", "load")}  # --trust
