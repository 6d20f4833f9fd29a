"""Isolates PyCaret: its output, logs, files and threads stay within one block."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from unittest.mock import patch

from pipeline.system.signals import postpone_signals

logger = logging.getLogger(__name__)


class _LogForwarder(logging.Handler):
    """Hand PyCaret's own log, warnings included, to ours at DEBUG."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            logger.debug("pycaret: %s", record.getMessage().strip())


@contextmanager
def isolate_pycaret() -> Iterator[str]:
    """Import PyCaret and run it: one thread, nothing on the terminal or in the working directory.

    Yields:
        A folder for PyCaret's caches, deleted at the end.
    """
    import_pycaret()
    import lightgbm
    from threadpoolctl import threadpool_limits

    theirs, forward = logging.getLogger("logs"), _LogForwarder()
    theirs.addHandler(forward)
    # PyCaret's iterative imputer leaves LightGBM as talkative as it comes, on stdout
    lightgbm.register_logger(logger, info_method_name="debug", warning_method_name="debug")
    try:
        with (
            threadpool_limits(1),
            _one_thread_of_lightgbm(),
            freeze_live_objects(),
            _grids_made_once(),
            tempfile.TemporaryDirectory(prefix="pycaret-") as caches,
        ):
            yield caches
    finally:
        theirs.removeHandler(forward)


@contextmanager
def _one_thread_of_lightgbm() -> Iterator[None]:
    """Keep LightGBM to one thread, also where PyCaret leaves their number to LightGBM.

    Its feature selection does, and LightGBM counts the cores itself, whatever OpenMP was told. A
    worker that meets the caller's pool of threads waits for ever, since no thread survives a fork.
    """
    from lightgbm.basic import _LIB

    before = ctypes.c_int()
    _LIB.LGBM_GetMaxThreads(ctypes.byref(before))
    _LIB.LGBM_SetMaxThreads(ctypes.c_int(1))
    try:
        yield
    finally:
        _LIB.LGBM_SetMaxThreads(before)


def import_pycaret() -> None:
    """Import PyCaret, which takes seconds."""
    # PyCaret opens this file when it is imported, by default logs.log in the working directory
    os.environ.setdefault("PYCARET_CUSTOM_LOGGING_PATH", os.devnull)
    with postpone_signals():
        import pycaret.classification
        import pycaret.regression  # noqa: F401


@contextmanager
def _grids_made_once() -> Iterator[None]:
    """Spare PyCaret the tuning grids of all its models, which `setup` makes anew up to 16 times.

    They are rounded number by number, which takes longer than all the rest of a set-up.
    """
    from pycaret.containers.models import classification, regression

    with (
        patch.object(classification, "np_list_arange", _grid),
        patch.object(regression, "np_list_arange", _grid),
    ):
        yield


def _grid(*args: float, **options: float) -> list[float]:
    return list(_round_steps(*args, **options))


@lru_cache(maxsize=None, typed=True)
def _round_steps(*args: float, **options: float) -> Sequence[float]:
    from pycaret.utils.generic import np_list_arange

    return tuple(np_list_arange(*args, **options))


@contextmanager
def freeze_live_objects() -> Iterator[None]:
    """Spare the objects that exist by now: PyCaret collects garbage at the end of every call.

    Without this, a sixth of a second each time for the modules alone, and in forked workers a copy
    of all of them.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
