"""Finds the root cause of a failure: store, disk or memory.

MLflow, SQLAlchemy, joblib and numpy wrap and rename what the machine says; the chain of an
exception still has it. Imports none of them.
"""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import Iterator

from pipeline.errors import PipelineError, ResourceError, TrackingError

_FULL = "no space is left on the disk"
_MACHINE = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "files of this size are not allowed here (ulimit -f, or the file system's limit)",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk fails (input/output error)",
    errno.ENFILE: "the system has too many files open",  # its words begin with those of the next
    errno.EMFILE: "this process has too many files open (ulimit -n)",
}
"""What an OSError says of the machine, not of what was asked of it."""
_WORKERS = {"TerminatedWorkerError", "BrokenProcessPool"}
_STORES = ("sqlalchemy", "sqlite3", "requests", "urllib3", "alembic", "botocore")
_UNAVAILABLE = ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE")  # of MLflow
_DRIVERS = {
    *("psycopg", "psycopg2", "pymysql", "MySQLdb", "mysql", "mariadb", "pyodbc", "pymssql"),
    *("oracledb", "cx_Oracle", "asyncpg", "pg8000", "boto3", "azure", "google"),
}
_SQLITE = {
    "SQLITE_BUSY": "the SQLite file is locked by another process",
    "SQLITE_LOCKED": "the SQLite file is locked by another process",
    "SQLITE_FULL": "no space is left on the disk of the SQLite file",
    "SQLITE_READONLY": "the SQLite file cannot be written to: it is read-only",
    "SQLITE_CANTOPEN": "the SQLite file cannot be opened",
    "SQLITE_IOERR": "the disk of the SQLite file fails, or takes no more (disk I/O error)",
    "SQLITE_CORRUPT": "the SQLite file is damaged",
    "SQLITE_NOTADB": "the file is no SQLite file",
}
_LONGEST = 300

MEMORY = "not enough memory"


def explain_failure(err: BaseException) -> str:
    """Why a store failed, in one line, the cause first and without what libraries add."""
    for each in iterate_causes(err):
        if (found := _of_store(each)) is not None:
            return found
    return _by_words(str(err)) or first_line(str(err)) or type(err).__name__


def translate_failure(err: BaseException) -> PipelineError | None:
    """The failure as ours, where the machine or the store is to blame; None for anything else."""
    whole = list(iterate_causes(err))
    if any(map(is_memory, whole)):
        return memory_error_of(err)
    if any(map(_is_of_store, whole)):
        return TrackingError(
            f"the store cannot be used: {explain_failure(err)}",
            hint="Check MLFLOW_TRACKING_URI; python -m pipeline.doctor looks at the store",
        )
    for each in whole:
        if isinstance(each, OSError) and each.errno in _MACHINE:
            todo = "Make room there" if _MACHINE[each.errno] == _FULL else "Mend that"
            return ResourceError(
                _of_machine(each), hint=f"{todo}, then run again; what was finished before is kept"
            )
    return None


def memory_error_of(err: BaseException) -> ResourceError:
    """What a computation ended with that the machine has too little memory for."""
    return memory_error(first_line(str(next(filter(is_memory, iterate_causes(err)), err))))


def memory_error(text: str) -> ResourceError:
    """The same by what is known of it."""
    return ResourceError(
        MEMORY + (f" ({text})" if text else ""),
        hint="Use fewer rows or columns, fewer models (--include) or one core "
        "(LOKY_MAX_CPU_COUNT=1), or a machine with more memory",
    )


def raise_if_memory(err: BaseException) -> None:
    """Raise a lack of memory as ours, before an exception is taken for a fault of something else.

    Raises:
        ResourceError: the exception is one, or was raised from one.
    """
    if any(map(is_memory, iterate_causes(err))):
        raise memory_error_of(err) from err


def is_memory(err: BaseException) -> bool:
    """Whether memory was short; a worker of joblib's that vanished was killed for it as a rule."""
    return isinstance(err, MemoryError) or type(err).__name__ in _WORKERS


def mentions_memory(text: str) -> bool:
    """Whether the text of a failure is one of memory, where only its text is left."""
    return re.search(rf"\b_?(Array)?MemoryError|{'|'.join(_WORKERS)}", text) is not None


def iterate_causes(err: BaseException) -> Iterator[BaseException]:
    """An exception and what it was raised from or while, the outermost first."""
    seen: set[int] = set()
    waiting: list[object] = [err]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [getattr(each, "orig", None), each.__cause__, each.__context__]


def first_line(text: str) -> str:
    """The first line of a message, without SQLAlchemy's class names, statement and address."""
    text = re.split(r"\[SQL:|\(Background on this error", text.strip())[0]
    text = re.sub(r"^\(raised as a result of Query-invoked autoflush[^)]*\)\s*", "", text)
    text = re.sub(r"^(\(?[\w.]+(Error|Exception)\)?:? )+", "", text.strip())
    return text.splitlines()[0][:_LONGEST].strip() if text else ""


def explain_traceback(traceback: str) -> str:
    """Why another process has failed, by the traceback it left."""
    lines = [line for line in traceback.splitlines() if line and not line.startswith((" ", "("))]
    errors = [line for line in lines if re.match(r"[\w.]+(Error|Exception)\b", line)]
    last = (errors or lines or [""])[-1]
    return _by_words(last) or first_line(last) or "no reason given"


def _is_of_store(err: BaseException) -> bool:
    module = type(err).__module__
    fails = module.startswith("mlflow") and (
        getattr(err, "error_code", "") in _UNAVAILABLE or hasattr(err, "supported_uri_schemes")
    )
    return module.startswith(_STORES) or fails or bool(_driver(err))


def _of_store(err: BaseException) -> str | None:
    if isinstance(err, sqlite3.Error):
        code = "_".join((getattr(err, "sqlite_errorname", "") or "").split("_")[:2])
        return _SQLITE.get(code) or _by_words(str(err))
    if isinstance(err, OSError) and err.errno in _MACHINE:
        return _of_machine(err)
    if driver := _driver(err):
        return f"the module {driver!r} is not installed, which this store needs (pip install it)"
    return None


def _of_machine(err: OSError) -> str:
    """The cause and where; of a copy that failed, the place that it was written to."""
    words = _MACHINE[err.errno or 0]
    place = err.filename2 or err.filename
    if not place:
        return words
    return f"{words} of {place}" if words == _FULL else f"{words}: {place}"


def _by_words(text: str) -> str | None:
    """A cause by the words of SQLite or the system, where an exception has lost its code."""
    words = {
        "database is locked": "SQLITE_BUSY",
        "database or disk is full": "SQLITE_FULL",
        "readonly database": "SQLITE_READONLY",
        "unable to open database": "SQLITE_CANTOPEN",
    }
    found = [_SQLITE[code] for word, code in words.items() if word in text]
    found += [cause for code, cause in _MACHINE.items() if os.strerror(code) in text]
    return next(iter(found), None)


def _driver(err: BaseException) -> str:
    name = (getattr(err, "name", None) or "").partition(".")[0]
    return name if isinstance(err, ModuleNotFoundError) and name in _DRIVERS else ""
