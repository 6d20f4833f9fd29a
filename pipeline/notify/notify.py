"""Everybody hears of a retraining that has ended, and nothing that goes wrong here is its fault."""

from __future__ import annotations

import logging
from pathlib import Path

from pipeline.config.retrain_config import Notify
from pipeline.notify import prometheus
from pipeline.notify.alert import alert
from pipeline.notify.summary import Summary

logger = logging.getLogger(__name__)


def tell(summary: Summary, settings: Notify, file: Path | None = None) -> None:
    """Write the summary and the health file, then send the alerts; each failure is one warning.

    Args:
        summary: how the run has ended.
        settings: where the health file lies, and whom to tell of what.
        file: gets the summary's line of JSON.
    """
    if file is not None:
        try:
            summary.write(file)
        except OSError as err:
            logger.warning("summary not written: %s (%s)", file, err.strerror)
    if settings.health is not None:
        prometheus.write(summary, settings.health)
    alert(summary, settings)
