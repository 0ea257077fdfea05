"""Archives of both surfaces of the API, and of a master account with its sub-account."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal

import pytest

from tallystick.archive import taxes
from tallystick.archive.checking import check
from tallystick.archive.store import Account, Archive
from tallystick.archive.streams import STREAMS
from tallystick.client.levers import Levers
from tests.archive.test_taxes import held, koinly_sums, table, without_zero
from tests.archive.venues import HOUR_MS, User
from tests.client.venue import served
from tests.server.harness import TOKEN


@pytest.mark.parametrize("surface", ["2026-01", "2026-08"])
def test_every_stream_of_a_surface_is_pulled_and_proven(archive: Archive, surface: str) -> None:
    with served(surface=surface) as venue, Levers(venue.url, TOKEN) as levers:
        user = User(venue, levers, "anna")
        with user.client:
            user.live()
            levers.clock.advance(ms=HOUR_MS)
            gathered = user.pull(archive)
            assert gathered.failed == []
            assert {progress.stream for progress in gathered.pulled} == set(STREAMS) - {"one_click_repay_history"}
            assert check(archive).problems == []
            assert user.pull(archive).fresh == 0
            assert sums(archive, gathered.account) == held(user.client)


def sums(archive: Archive, account: Account) -> dict[str, Decimal]:
    return dict(without_zero(koinly_sums(table(taxes.koinly(archive, account)))))


def test_a_master_and_its_sub_account_are_kept_apart_and_their_transfers_agree(archive: Archive) -> None:
    with served() as venue, Levers(venue.url, TOKEN) as levers:
        accounts = lives(User(venue, levers, "master"), User(venue, levers, "bot", master="master"), archive)
    assert accounts["master"] != accounts["bot"]
    moved: dict[str, list[str]] = defaultdict(list)
    query = "SELECT account, raw FROM rows WHERE stream = 'asset_bills_history' ORDER BY id"
    for account, raw in archive.read(query):
        row = json.loads(raw)
        if row["type"] in ("20", "21", "22", "23"):
            moved[account].append(row["balChg"])
    # What one has less the other has more, in the order in which it was done.
    assert moved == {accounts["master"].title: ["-0.125", "0.5"], accounts["bot"].title: ["0.125", "-0.5"]}
    borrowed = archive.read("SELECT account FROM rows WHERE stream = 'spot_borrow_repay_history'")
    assert borrowed == [(accounts["bot"].title,)]
    # The master alone has a list of its transfers with sub-accounts.
    listed = archive.read("SELECT account, count(*) FROM rows WHERE stream = 'subaccount_bills' GROUP BY account")
    assert listed == [(accounts["master"].title, 2)]


def lives(master: User, sub: User, archive: Archive) -> dict[str, Account]:
    """Transfers between the two and a loan of the sub-account, all of it pulled. Returns the accounts by name."""
    with master.client, sub.client:
        master.client.transfer(ccy="BTC", amt="0.125", from_="6", to="6", type="1", subAcct="bot")
        master.client.transfer(ccy="BTC", amt="0.5", from_="6", to="6", type="2", subAcct="bot")
        sub.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=7)
        master.levers.clock.advance(ms=3 * HOUR_MS)
        accounts = {}
        for owner in (master, sub):
            gathered = owner.pull(archive)
            assert gathered.failed == []
            accounts[owner.name] = gathered.account
            assert sums(archive, gathered.account) == held(owner.client)
        assert check(archive).problems == []
    return accounts
