"""Who leads, who follows, what each of them answers by itself, and what passes to the leader."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tallystick.cluster import lease
from tallystick.server.control.happened import Event
from tallystick.server.control.watching import Request
from tests.cluster.fake import FAR, FROM_FAR, FakeDatabase
from tests.cluster.servers import Cluster, until, within

BALANCE = "/api/v5/account/balance"
TICKER = "/api/v5/market/ticker?instId=BTC-USDT"
NOT_DONE = "Service temporarily unavailable. No server leads, and nothing was carried out. Please try again later."


def test_the_first_leads_and_the_others_follow() -> None:
    async def story(here: Cluster) -> None:
        first, second, third = here.servers
        assert [await server.health() for server in here.servers] == [("leader", 1), ("follower", 1), ("follower", 1)]
        assert (await second.transfer(1)).code == "0"
        assert (await third.transfer(2)).code == "0"
        await until(here.followed, "the others have applied it")
        hashes = {await server.app.inner.services.venue.state_hash() for server in (first, second, third)}
        assert len(hashes) == 1

    within(story, 3)


def test_each_server_shows_what_it_answers_and_the_leader_what_happens() -> None:
    async def story(here: Cluster) -> None:
        leader, follower = here.servers
        assert (await follower.transfer(1)).code == "0"
        await until(here.followed, "the other one has applied it")
        await follower.ask("GET", TICKER)
        await leader.stop()
        await until(lambda: follower.leads, "the other one leads")
        assert [row.operation for row in leader.shown if isinstance(row, Request)] == ["transfer"]
        assert [row.kind for row in leader.shown if isinstance(row, Event)][-1] == "Transferred"
        assert [row.operation for row in follower.shown if isinstance(row, Request)] == ["ticker"]
        assert not [row for row in follower.shown if isinstance(row, Event)]

    within(story)


def test_the_address_of_the_caller_travels_with_the_request() -> None:
    async def story(here: Cluster) -> None:
        leader, follower = here.servers
        assert (await follower.transfer(1, key=FROM_FAR, peer=FAR)).code == "0"
        assert (await follower.transfer(2, key=FROM_FAR)).code == "50110"
        assert (await leader.transfer(3, key=FROM_FAR)).code == "50110"

    within(story)


@pytest.mark.parametrize("proof", ["0" * 32, ""])
def test_nobody_else_can_say_where_a_request_comes_from(proof: str) -> None:
    async def story(here: Cluster) -> None:
        leader = here.servers[0]
        said = await leader.ask("GET", TICKER, {"x-tally-passed": f"{FAR} 1 {proof}"})
        assert (said.status, said.said["msg"]) == (503, NOT_DONE)

    within(story)


def test_public_data_is_answered_without_the_leader() -> None:
    async def story(here: Cluster) -> None:
        leader, follower = here.servers
        shown = (await leader.ask("GET", TICKER)).said["data"]
        leader.close()
        assert (await follower.ask("GET", TICKER)).said["data"] == shown
        assert (await follower.signed("GET", BALANCE)).status == 503

    within(story)


def test_a_caller_who_has_seen_later_news_is_not_shown_earlier_ones() -> None:
    async def story(here: Cluster) -> None:
        leader, follower = here.servers
        # The follower is held up: its clients hear of the price from the leader alone.
        follower.database.held_up = True
        assert (await follower.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})).status == 200
        assert follower.seq < leader.seq
        (row,) = (await follower.ask("GET", TICKER)).said["data"]
        assert row["askPx"] == (await leader.ask("GET", TICKER)).said["data"][0]["askPx"]
        (earlier,) = (await follower.ask("GET", TICKER, peer=FAR)).said["data"]
        assert earlier["askPx"] != row["askPx"]
        follower.database.held_up = False
        here.shared.tell()

    within(story)


def test_a_follower_that_cannot_look_answers_nothing_old() -> None:
    async def story(here: Cluster) -> None:
        leader, follower = here.servers
        follower.database.cut = True
        leader.close()
        assert (await follower.ask("GET", TICKER)).status == 200
        here.shared.machine.pass_s(1.1)
        assert (await follower.ask("GET", TICKER)).status == 503

    within(story)


def test_another_server_goes_on_where_the_leader_was_killed() -> None:
    async def story(here: Cluster) -> None:
        first, second = here.servers
        assert (await second.transfer(1)).code == "0"
        last = here.shared.store.last_entry()
        await first.end()
        said = await second.transfer(2)
        assert (said.status, said.code, said.said["msg"]) == (503, "50001", NOT_DONE)
        assert (await second.control("POST", "clock/advance", {"by": "1h"})).status == 503
        await here.lead_by(second)
        assert await second.health() == ("leader", 2)
        assert last is not None
        assert second.seq >= last.seq
        assert (await second.transfer(3)).code == "0"

    within(story)


def zombie(planted: pytest.MonkeyPatch) -> None:
    """A leader does not look at its clock, and answers on."""
    planted.setattr(lease, "TRUSTED_MS", 3_600_000)


def session_lock(planted: pytest.MonkeyPatch) -> None:
    """A leader leads as long as the database holds a lock for its session, and it hears of no end of that."""

    async def take(database: FakeDatabase, leader: str, address: str, *, ahead: bool) -> int | None:
        shared = database.shared
        if database.cut or (shared.holder is not None and not shared.holder.cut):
            return None
        shared.holder = database
        shared.term += 1
        shared.leader, shared.address = leader, address
        return shared.term

    async def renew(database: FakeDatabase, term: int) -> bool:
        return True

    planted.setattr(FakeDatabase, "take", take)
    planted.setattr(FakeDatabase, "renew", renew)
    planted.setattr(lease, "TRUSTED_MS", 3_600_000)


async def cut_off(here: Cluster) -> None:
    """A leader that cannot reach the database falls silent before another one can lead."""
    first, second = here.servers
    first.database.cut = True
    here.shared.machine.pass_s(0.85)
    assert (await first.signed("GET", BALANCE)).status == 200
    here.shared.machine.pass_s(0.1)
    assert not here.shared.until_ns <= here.shared.machine.since_boot_ns(), "nobody else can lead yet"
    assert (await first.signed("GET", BALANCE)).status == 503
    here.shared.pass_s(0.1)
    await until(lambda: second.leads, "the other one leads")
    assert (await second.transfer(1)).code == "0"
    assert (await first.signed("GET", BALANCE)).status == 503
    assert (await first.ask("GET", TICKER)).status == 503


def test_a_leader_that_is_cut_off_falls_silent() -> None:
    within(cut_off)


async def nobody_reads_a_past(here: Cluster) -> None:
    """What one server has acknowledged, no other one denies."""
    first, second = here.servers
    before = (await first.signed("GET", BALANCE)).said
    first.database.cut = True
    here.shared.pass_s(1.0)
    await until(lambda: second.leads, "the other one leads")
    assert (await second.transfer(1)).code == "0"
    after = (await second.signed("GET", BALANCE)).said
    assert after["data"][0]["details"] != before["data"][0]["details"]
    shown = await first.signed("GET", BALANCE)
    assert shown.status == 503 or shown.said["data"][0]["details"] == after["data"][0]["details"], "a stale read"


def test_nobody_reads_a_past() -> None:
    within(nobody_reads_a_past)


@pytest.mark.parametrize("bug", [zombie, session_lock])
def test_two_leaders_are_seen(monkeypatch: pytest.MonkeyPatch, bug: Callable[[pytest.MonkeyPatch], None]) -> None:
    bug(monkeypatch)
    with pytest.raises(AssertionError, match="a stale read"):
        within(nobody_reads_a_past)


def test_a_write_of_an_earlier_leader_fails_and_its_caller_hears_that_nobody_knows() -> None:
    async def story(here: Cluster) -> None:
        first, second = here.servers
        # Another server has taken the lease, and this one does not know yet.
        first.database.held_up = True
        here.shared.until_ns = 0
        await until(lambda: second.leads, "the other one leads")
        assert first.app.tenure is not None
        said = await first.transfer(1)
        assert (said.status, said.code) == (400, "50004")
        first.database.held_up = False
        here.shared.tell()
        await until(lambda: first.follows, "it follows now")
        await until(here.followed, "it has applied all")
        assert await first.health() == ("follower", 2)
        assert first.seq == second.seq

    within(story)


def test_a_reset_is_followed() -> None:
    async def story(here: Cluster) -> None:
        leader, follower = here.servers
        assert (await follower.control("POST", "reset", {})).status == 200
        await until(
            lambda: follower.follows and follower.app.inner.services.venue.generation == 2, "it follows the new venue"
        )
        await until(here.followed, "it has applied all")
        states = [await server.app.inner.services.venue.state_hash() for server in (leader, follower)]
        assert states[0] == states[1]

    within(story)


def set_back(here: Cluster) -> None:
    """Set the clock of the database back by an hour: the lease has as much more left."""
    here.shared.until_ns += 3_600_000_000_000
    here.shared.tell()


def test_a_clock_that_is_set_back_keeps_nobody_from_leading() -> None:
    async def story(here: Cluster) -> None:
        first, second = here.servers
        await first.end()
        set_back(here)
        here.shared.pass_s(0.9)
        await until(lambda: second.node._ahead_ns, "it has seen that")
        assert not second.leads
        here.shared.pass_s(0.2)
        await here.lead_by(second)
        assert await second.health() == ("leader", 2)

    within(story)


def test_a_clock_that_is_set_back_ends_no_lease_that_is_renewed() -> None:
    async def story(here: Cluster) -> None:
        first, second = here.servers
        set_back(here)
        await until(lambda: here.shared.until_ns - here.shared.machine.since_boot_ns() <= 10**9, "it is renewed")
        await until(lambda: not second.node._ahead_ns, "it has seen that")
        assert (first.leads, second.leads, here.shared.term) == (True, False, 1)

    within(story)


def test_a_stop_gives_up_the_lease() -> None:
    async def story(here: Cluster) -> None:
        first, second = here.servers
        await first.stop()
        await until(lambda: second.leads, "the other one leads at once")

    within(story)
