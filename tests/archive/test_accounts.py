"""Several accounts in one archive: two users of one venue, and a user of another venue who has the same number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from tallystick.archive import bookkeeping, tables, taxes
from tallystick.archive.checking import check, check_new
from tallystick.archive.costs import costs
from tallystick.archive.gathering import account_of, gather
from tallystick.archive.standing import now_ms, status
from tallystick.archive.store import Account, Archive
from tallystick.archive.streams import STREAMS
from tallystick.client.levers import Levers
from tests.archive.venues import HOUR_MS, User
from tests.cli.account import run
from tests.client.venue import served
from tests.server.harness import TOKEN

LOANS = "spot_borrow_repay_history"
OF_MARGIN = "one_click_repay_history"
"""The list that Spot mode does not have; nobody here was in another."""


class Owner(NamedTuple):
    """A user, and the amounts that only this user borrows, one in each round."""

    user: User
    amounts: tuple[int, int]


class People(NamedTuple):
    """Users whose rows must not mix, and the levers of each of their venues."""

    owners: dict[str, Owner]
    levers: list[Levers]


@pytest.fixture
def people() -> Iterator[People]:
    with ExitStack() as stack:
        one, two = (stack.enter_context(served()) for _ in range(2))
        near, far = (stack.enter_context(Levers(venue.url, TOKEN)) for venue in (one, two))
        owners = {
            "anna": Owner(User(one, near, "anna"), (11, 12)),
            "ben": Owner(User(one, near, "ben"), (21, 22)),
            "far": Owner(User(two, far, "anna"), (31, 32)),
        }
        for owner in owners.values():
            stack.enter_context(owner.user.client)
        yield People(owners, [near, far])


def live(people: People, number: int) -> None:
    """Each borrows an amount of their own, sells and transfers; then two hours pass at both venues."""
    for owner in people.owners.values():
        client, amount = owner.user.client, owner.amounts[number]
        client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=amount)
        client.transfer(ccy="BTC", amt=f"0.{amount}", from_="18", to="6")
        client.place_order(instId="BTC-USDT", tdMode="cash", side="sell", ordType="market", sz=f"0.00{amount}")
    for levers in people.levers:
        levers.clock.advance(ms=2 * HOUR_MS)


def filled(archive: Archive, people: People) -> dict[str, Account]:
    """Pull everybody in turns, twice, with a different one first. Returns accounts by the names of their owners."""
    found: dict[str, Account] = {}
    for number, order in enumerate((("anna", "ben", "far"), ("far", "anna", "ben"))):
        live(people, number)
        for name in order:
            gathered = people.owners[name].user.pull(archive)
            assert not gathered.failed
            found[name] = gathered.account
    return found


def handed_on(archive: Archive, account: Account) -> dict[str, list[bytes]]:
    """All forms of one account, line by line."""
    own = [account]
    found = {f"csv {stream}": list(tables.as_csv(archive, stream, own)) for stream in STREAMS}
    found |= {form: list(lines(archive, account)) for form, lines in taxes.FORMS.items()}
    for form in (bookkeeping.BEANCOUNT, bookkeeping.HLEDGER):
        found[form] = list(bookkeeping.journal(archive, own, form))
    found["costs"] = [repr(costs(archive, own)).encode()]
    return found


def test_rows_of_three_accounts_do_not_mix(archive: Archive, people: People, tmp_path: Path) -> None:
    accounts = filled(archive, people)
    # The two venues number their users and rows alike, so that only the host tells anna and far apart.
    assert accounts["anna"].uid == accounts["far"].uid != accounts["ben"].uid
    assert accounts["anna"].host == accounts["ben"].host != accounts["far"].host
    assert len(archive.accounts()) == len({account.id for account in accounts.values()}) == 3
    cursors = {
        name: {cursor for (cursor,) in archive.read("SELECT id FROM rows WHERE account = ?", account.title)}
        for name, account in accounts.items()
    }
    assert cursors["anna"] & cursors["far"]
    for name, account in accounts.items():
        owner = people.owners[name]
        rows = archive.read("SELECT raw FROM rows WHERE account = ? AND stream = ?", account.title, LOANS)
        assert sorted(Decimal(json.loads(raw)["amt"]) for (raw,) in rows) == sorted(owner.amounts), name
        with Archive(tmp_path / f"{name}.archive") as alone:
            gathered = owner.user.pull(alone)
            expected = handed_on(alone, gathered.account)
        for form, lines in handed_on(archive, account).items():
            assert lines == expected[form], (name, form)
            assert len(lines) >= 1


def test_status_and_checks_are_of_each_account(archive: Archive, people: People) -> None:
    accounts = filled(archive, people)
    told = status(archive, now_ms(archive))
    assert {(one.account, one.stream) for one in told.series} == {
        (account.title, stream) for account in accounts.values() for stream in STREAMS if stream != OF_MARGIN
    }
    assert {one.account: one.rows for one in told.series if one.stream == LOANS} == {
        account.title: 2 for account in accounts.values()
    }
    for verdict in (check(archive), check_new(archive), check_new(archive)):
        assert verdict.problems == []
    for account in accounts.values():
        # The older of the two loans: its bill is missed by no chain, and has no row any more.
        query = (
            "SELECT row.* FROM row JOIN series ON series.id = row.series"
            " WHERE series.account = ? AND series.stream = ? ORDER BY cursor LIMIT 1"
        )
        (row,) = archive.read(query, account.id, LOANS)
        with archive.writing() as db:
            db.execute("DELETE FROM row WHERE id = ?", row[0])
        found = check(archive).problems
        assert {one.kind for one in found} == {"pair", "damage"}
        assert {one.account for one in found} == {account.title}
        with archive.writing() as db:
            db.execute("INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *row)
    assert check(archive).proven


def test_commands_take_one_account_by_its_name(place: Path | str, people: People, tmp_path: Path) -> None:
    with Archive(place) as archive:
        accounts = filled(archive, people)
    out, where = tmp_path / "out", ("--file", str(place))
    everything = run("archive", "status", *where, "--json").json["series"]
    assert {one["account"] for one in everything} == {account.title for account in accounts.values()}
    assert run("archive", "verify", *where).code == 0
    for name, account in accounts.items():
        words = f"archive export {LOANS} --format jsonl --account {account.title} --out {out}".split()
        assert run(*words, *where).code == 0
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert {row["account"] for row in rows} == {account.title}
        assert sorted(Decimal(row["row"]["amt"]) for row in rows) == sorted(people.owners[name].amounts)
        told = run(*f"archive report --account {account.title} --json".split(), *where).json
        # Four hours of USDT for each, and of nobody else.
        assert [(one["account"], one["hours"]) for one in told["totals"]] == [(account.title, 4)]


def test_two_profiles_of_one_account_fill_one_history(archive: Archive, people: People) -> None:
    live(people, 0)
    owner = people.owners["anna"]
    found = []
    for profile in ("work", "home"):
        account = account_of(archive, owner.user.client, owner.user.url, profile)
        found.append(gather(archive, owner.user.client, account))
    assert found[0].account.id == found[1].account.id
    assert (found[0].fresh > 0, found[1].fresh) == (True, 0)
    assert [account.name for account in archive.accounts()] == ["home"]
    assert check(archive).problems == []
