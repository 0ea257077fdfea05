"""The history of runs, read by the client, against the venue's journal: every run once, whatever shares a time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.contract.core import SURFACES
from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.testing.kit.journal import decimal
from tallystick.venue.entries import read
from tests.safe_repay.accounts import Account, Opened
from tests.safe_repay.actors import NetworkClient, client_on
from tests.safe_repay.network import Network, network
from tests.safe_repay.planted import PLANTS

RUNS = 230
TIES = (0, 0, 0, 1, 1, 2)
"""Milliseconds between runs: about half of them share their time with others."""


@pytest.fixture
def net() -> Iterator[Network]:
    with network(surface=SURFACES[-1]) as here:
        yield here


def in_the_journal(net: Network, seed: int) -> tuple[Account, Counter[tuple[int, Decimal]]]:
    """Many small runs of one debt, each an amount of its own; what the journal has of them, by time and amount."""
    net.begin()
    die = random.Random(seed)
    opened = Opened(net, die)
    opened.give("BTC", Decimal(1))
    opened.owe("USDC", Decimal(1_000))
    began = net.venue.line.state.seq
    for number in range(RUNS):
        opened.give("USDC", Decimal("1.01") + Decimal(number % 7) / 100)
        opened.carry_out(c.RepayDebt(user_id=opened.account.user_id, debt_ccy="USDC", repay_ccys=("USDC",)))
        net.pass_ms(die.choice(TIES))
    found: Counter[tuple[int, Decimal]] = Counter()
    for entry in net.venue.store.entries(began):
        for event in read(entry)[1]:
            if isinstance(event, e.Repaid):
                found[entry.at_ms, decimal(event.amount)] += 1
    assert found.total() == RUNS
    return opened.account, found


def told(net: Network, account: Account, folder: Path) -> Counter[tuple[int, Decimal]]:
    client = client_on(NetworkClient, net, account, folder, paced=False)
    found: Counter[tuple[int, Decimal]] = Counter()
    for row in client.one_click_repay_history_v2():
        assert row.ts is not None
        assert row.fillDebtSz is not None
        found[round(row.ts.timestamp() * 1000), row.fillDebtSz] += 1
    return found


@pytest.mark.parametrize("seed", range(3))
def test_every_run_is_told_once(net: Network, tmp_path: Path, seed: int) -> None:
    account, journal = in_the_journal(net, seed)
    assert told(net, account, tmp_path) == journal
    assert len(net.sent) > RUNS // 100


def test_an_inclusive_cursor_that_is_taken_for_exclusive_is_found(net: Network, tmp_path: Path) -> None:
    account, journal = in_the_journal(net, 0)
    with PLANTS["an inclusive cursor is taken for exclusive"].planted():
        wrong = told(net, account, tmp_path)
    assert wrong - journal
