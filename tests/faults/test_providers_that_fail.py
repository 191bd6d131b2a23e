"""Mail servers and web services that refuse, hang, lose the line, and ask for patience."""

from __future__ import annotations

import time

import pytest

from tests.faults.conftest import DUE, HOOKS, Running
from tests.faults.providers import RETRY_AFTER

pytestmark = pytest.mark.processes
LASTS = 8.0


@pytest.mark.parametrize("how", ["refuse", "hang"])
def test_a_mail_server_that_refuses_or_hangs_delays_pages_and_neither_loses_nor_repeats_them(
    running: Running, how: str
) -> None:
    running.start_worker()
    batch = running.due()
    batch.until(0.1)
    with running.providers.broken(mail=how):
        time.sleep(LASTS)
        batch.ack(20)
    ended = time.time()
    assert batch.acked
    batch.check(ended)


def test_a_line_cut_after_data_is_tried_again_and_the_ledger_says_that_it_may_be_a_repeat(
    running: Running,
) -> None:
    running.start_worker()
    batch = running.due()
    batch.until(0.1)
    with running.providers.broken(mail="drop"):
        time.sleep(LASTS)
        batch.ack(20)
    batch.check(time.time(), repeats=True)


@pytest.mark.parametrize("how", ["500", "429", "never"])
def test_a_web_service_that_fails_delays_its_own_pages_and_nobody_elses(running: Running, how: str) -> None:
    running.start_worker()
    before = len(running.providers.calls)
    with running.providers.broken(hook=how):
        hooked = running.due(DUE // 4, by=HOOKS, spread=2.0)
        mailed = running.due(DUE // 2, spread=LASTS)
        time.sleep(LASTS + 1.5)
        hooked.ack(5)
        # While the other provider is still down, nothing waits for it but its own pages.
        mailed.check(0.0)
    ended = time.time()
    calls = [each.moment for each in running.providers.calls[before:] if each.moment < ended]
    assert calls
    if how == "429":
        # Whoever was in the middle of a call at the first refusal could not know of it.
        after = [moment for moment in calls if calls[0] + 0.5 < moment < calls[0] + RETRY_AFTER]
        assert not after, "called before the patience that was asked for was over"
    hooked.check(ended, repeats=how == "never")
