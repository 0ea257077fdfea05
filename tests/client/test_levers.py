"""Control calls as typed methods, against the served venue, on both halves."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from docs import client_levers
from tallystick.client.errors import BadAnswer, LeverRefused, NotSent, OutcomeUnknown, ProfileError
from tallystick.client.levers import AsyncLevers, Levers
from tests.client.venue import Script, Served, http, served
from tests.server.harness import AT_MS, TOKEN

HOUR = timedelta(hours=1)
START = datetime(2026, 1, 15, 18, tzinfo=UTC)


@pytest.fixture
def venue() -> Iterator[Served]:
    with served() as here:
        yield here


def test_the_clock_is_moved_with_types(venue: Served) -> None:
    """The venue's clock stands at 18:00 on 15 January 2026 (1768500000 s)."""
    with Levers(venue.url, TOKEN) as levers:
        assert levers.clock.show().now == START
        assert levers.clock.show().now_ms == AT_MS
        assert levers.clock.advance(by=HOUR).now == START + HOUR
        assert levers.clock.advance(by="90m").now == START + 2.5 * HOUR
        assert levers.clock.advance(ms=1).now_ms == AT_MS + 9_000_001
        found = levers.clock.advance(to=START + 3 * HOUR)
        assert (found.now, found.mode, found.speed) == (START + 3 * HOUR, "frozen", 1)
        assert found.extra == {}


def test_amounts_go_and_come_exactly(venue: Served) -> None:
    with Levers(venue.url, TOKEN) as levers:
        assert levers.users.create(name="carol").name == "carol"
        added = levers.users.adjust_balance("carol", account="funding", ccy="BTC", amt=Decimal("0.00000001"))
        assert added.amt == Decimal("1E-8")
        assert levers.market.set_price(instId="BTC-USDT", px=30_000).px == Decimal(30_000)
        key = levers.users.create_key("carol", permissions=["read"], label="test")
        assert key.permissions == ("read",)
        assert [user.name for user in levers.users.all().users][-1] == "carol"


def test_an_answer_of_parts_is_typed_to_the_last(venue: Served) -> None:
    with Levers(venue.url, TOKEN) as levers:
        bids = levers.rates.set_bids(ccy="USDT", bids=[("1000000", "0.03"), (Decimal(500_000), "0.08")])
        assert bids.bids == ((Decimal(1_000_000), Decimal("0.03")), (Decimal(500_000), Decimal("0.08")))
        number = levers.faults.make(on="convert_trade", fault="convert-rejected", count=2).id
        assert [rule.id for rule in levers.faults.show().faults] == [number]
        assert levers.fund.show().borrowing == "open"
        assert levers.parameters.show().constants["taker_fee"].value == "0.001"
        changed = levers.parameters.change(constants={"taker_fee": Decimal("0.002")})
        assert list(changed.changed.values()) == ["0.002"]
        assert levers.verify().ok is True


def test_null_is_a_value_where_the_call_says_so(venue: Served) -> None:
    """`apr` null returns to the curve, and is another thing than no `apr`, which the call refuses."""
    with Levers(venue.url, TOKEN) as levers:
        assert levers.rates.set(ccy="USDT", apr="0.073").apr == Decimal("0.073")
        assert levers.rates.set(ccy="USDT", apr=None).apr is None


def test_a_refusal_has_the_venues_reason_and_hint(venue: Served) -> None:
    with Levers(venue.url, TOKEN) as levers:
        with pytest.raises(LeverRefused, match="there is no user 'nobody'") as caught:
            levers.users.set_level("nobody", level="VIP1")
        assert (caught.value.status, caught.value.outcome) == (404, "none")
        assert "alice" in caught.value.hint
    with Levers(venue.url, "wrong") as stranger, pytest.raises(LeverRefused, match="token") as caught:
        stranger.health()
    assert caught.value.status == 401


@pytest.mark.parametrize(("amt", "said"), [(0.1, "float"), (datetime(2026, 1, 1), "time zone"), (object(), "object")])
def test_what_json_has_no_form_for_is_refused_before_it_is_sent(amt: object, said: str) -> None:
    with Levers("http://127.0.0.1:9", TOKEN) as levers, pytest.raises(TypeError, match=said):
        levers.pools.move(ccy="BTC", amt=amt)  # type: ignore[arg-type]


def test_a_name_in_a_path_is_quoted() -> None:
    with Script(http({"error": {"message": "no", "hint": ""}}, "404 Not Found")) as server:
        with Levers(server.url, TOKEN) as levers, pytest.raises(LeverRefused):
            levers.users.set_level("a/b c", level="VIP1")
        assert server.requests[0].startswith(b"POST /tally/v1/users/a%2Fb%20c/level HTTP/1.1\r\n")


def test_the_async_half_does_the_same(venue: Served) -> None:
    async def run() -> None:
        async with AsyncLevers(venue.url, TOKEN) as levers:
            assert (await levers.clock.advance(by=HOUR)).now == START + HOUR
            assert (await levers.health()).borrowing == "open"
            with pytest.raises(LeverRefused):
                await levers.clock.advance()

    asyncio.run(run())


def test_no_answer_to_a_lever_that_moves_is_an_unknown_outcome() -> None:
    odd = (http("<html>", kind="text/html"), http({"error": "text"}, "400 Bad Request"))
    with Script(None, None, odd[0], *odd) as server, Levers(server.url, TOKEN) as levers:
        for _ in range(3):
            with pytest.raises(OutcomeUnknown):
                levers.clock.advance(ms=1)
        with pytest.raises(BadAnswer):
            levers.clock.show()
        with pytest.raises(LeverRefused, match="no reason"):
            levers.clock.show()
    with Levers("http://127.0.0.1:9", TOKEN) as levers, pytest.raises(NotSent):
        levers.clock.show()


def test_the_token_shows_itself_nowhere(venue: Served) -> None:
    levers = Levers(venue.url, TOKEN)
    assert TOKEN not in repr(levers) + repr(vars(levers))
    with pytest.raises(TypeError):
        levers.clock.change(at=datetime(2026, 1, 1))
    levers.close()


def test_levers_of_a_data_folder(venue: Served, tmp_path: Path) -> None:
    path = tmp_path / "connection.json"
    path.write_text(json.dumps({"url": venue.url, "control_token": TOKEN}), encoding="utf-8")
    path.chmod(0o600)
    with Levers.of_data(tmp_path) as levers:
        assert levers.clock.show().now_ms == AT_MS
    path.chmod(0o644)
    with pytest.raises(ProfileError, match="can be read by others"):
        Levers.of_data(tmp_path)
    os.remove(path)
    with pytest.raises(ProfileError, match="is not there"):
        AsyncLevers.of_data(tmp_path)


def test_every_control_call_is_a_method_of_both_halves() -> None:
    """By its group and name, for one-part paths without a group."""
    for call in client_levers.calls():
        for half in (Levers("http://127.0.0.1:9", TOKEN), AsyncLevers("http://127.0.0.1:9", TOKEN)):
            assert callable(getattr(getattr(half, call.group) if call.group else half, call.method))
            half.close()
