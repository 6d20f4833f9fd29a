"""Reports the end of a retraining everywhere; no failure here is fatal."""

from __future__ import annotations

import logging
from pathlib import Path

from pipeline.config.retrain_config import Notify
from pipeline.notify import prometheus
from pipeline.notify.alert import send_alerts
from pipeline.notify.summary import Summary

logger = logging.getLogger(__name__)


def notify_outcome(summary: Summary, settings: Notify, file: Path | None = None) -> None:
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
        prometheus.write_health_file(summary, settings.health)
    send_alerts(summary, settings)
