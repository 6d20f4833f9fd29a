"""A webhook's address is filled, checked, and never shown."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.config.retrain_config import Notify
from pipeline.errors import ConfigError
from pipeline.notify import alert, webhook_url
from tests.notify.summaries import HOSTILE


@given(HOSTILE.filter(bool))
@example("http://h/?${")
@example("http://?")
def test_any_text_is_a_url_or_a_config_error(url: str) -> None:
    try:
        alert.check_alerts(Notify(webhook=url))
    except ConfigError:
        return
    assert webhook_url.resolve_url(url).lower().startswith(("http://", "https://"))
    assert webhook_url.redact_url(url)


@given(path=st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=8))
def test_only_the_host_of_a_url_is_ever_shown(path: str) -> None:
    assert webhook_url.redact_url(f"https://h.example:8443/{path}?{path}#{path}") == "h.example"
