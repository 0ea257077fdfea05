"""Data folders: made, opened again, refused; the seeded users and their keys."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from tallystick.engine import ledger
from tallystick.engine.amounts import ONE
from tallystick.engine.checks import check_state
from tallystick.engine.commands import ReleaseMarket, SetPrices
from tallystick.store.api import StoreError, StoreInUse
from tallystick.venue.boot import ALICE, BOB, BY_HAND, JOURNAL, Opened, UnknownMarket, open_venue, verify_folder
from tallystick.venue.interfaces import PageQuery
from tallystick.venue.keys import passphrase_fits
from tallystick.venue.markets import DEFAULT
from tallystick.venue.recording import DAY_MS
from tests.venue.world import HOUR_MS, START_MS, pay


def frozen(folder: Path | None, at_ms: int = START_MS + 5 * HOUR_MS) -> Opened:
    return open_venue(folder, mode="frozen", at_ms=at_ms)


async def once(opened: Opened) -> tuple[int, str]:
    await opened.venue.start()
    found = await opened.venue.state_hash()
    await opened.venue.stop()
    opened.close()
    return found


def test_a_new_folder_has_two_users_with_keys_balances_and_debts(tmp_path: Path) -> None:
    async def story() -> None:
        opened = frozen(tmp_path / "new" / "folder")
        venue = opened.venue
        await venue.start()
        state = venue.state
        check_state(state)
        assert {user.name: user.user_id for user in state.users.values()} == {"alice": ALICE, "bob": BOB}
        assert ledger.debts(state, ALICE) == {"USDC": 100 * ONE, "USDT": 500 * ONE}
        assert ledger.debts(state, BOB) == {}
        history = await venue.histories.page(PageQuery("spot_borrow_repay", ALICE, 0, 2**62))
        assert [json.loads(row)["ccy"] for row in history] == ["USDT", "USDC"]
        assert len(state.markets) == 10
        alice, bob = opened.connection.users
        assert [key.permissions for key in (*alice.keys, *bob.keys)] == [("read_only", "trade"), ("read_only",)] * 2
        for user in (alice, bob):
            for key in user.keys:
                kept = venue.keys[key.api_key]
                assert (kept.user_id, kept.secret_key) == (int(user.uid), key.secret_key)
                assert passphrase_fits(kept, key.passphrase.encode())
                assert not passphrase_fits(kept, key.passphrase.encode() + b"x")
                assert not passphrase_fits(kept, b"\xff")
        await venue.stop()
        opened.close()

    asyncio.run(story())


def test_connection_json_is_private_and_complete_and_no_secret_is_elsewhere(tmp_path: Path) -> None:
    async def story() -> None:
        opened = frozen(tmp_path)
        opened.served_at("http://127.0.0.1:8080", "2026-01")
        await once(opened)
        path = tmp_path / "connection.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        told = json.loads(path.read_text())
        assert list(told) == ["url", "control_token", "surface", "market", "users"]
        assert told["url"] == "http://127.0.0.1:8080"
        assert list(told["users"][0]["keys"][0]) == ["api_key", "secret_key", "passphrase", "permissions"]
        journal = (tmp_path / JOURNAL).read_bytes()
        for user in told["users"]:
            for key in user["keys"]:
                assert key["passphrase"].encode() not in journal

    asyncio.run(story())


def test_the_next_start_goes_on_where_the_last_stopped(tmp_path: Path) -> None:
    async def story() -> None:
        opened = frozen(tmp_path)
        await opened.venue.start()
        await opened.venue.submit(pay(ALICE))
        await opened.venue.advance(by_ms=2 * HOUR_MS + 1_234)
        expected, keys = await opened.venue.state_hash(), set(opened.venue.keys)
        await opened.venue.stop()
        opened.close()
        again = open_venue(tmp_path)
        assert set(again.venue.keys) == keys
        assert again.connection == opened.connection
        await again.venue.start()
        assert await again.venue.state_hash() == expected
        assert again.venue.now_ms() == START_MS + 7 * HOUR_MS + 1_234
        assert again.venue.clock == ("frozen", 1)
        await again.venue.stop()
        again.close()
        verdict = verify_folder(tmp_path)
        assert (verdict.ok, verdict.entries, verdict.state_hash) == (True, *expected)

    asyncio.run(story())


def test_the_recording_keeps_the_days_of_the_first_start(tmp_path: Path) -> None:
    async def story() -> None:
        opened = frozen(tmp_path)
        await opened.venue.start()
        await opened.venue.set_clock(at_ms=START_MS + 3 * DAY_MS)
        await opened.venue.stop()
        opened.close()
        opened = frozen(tmp_path)
        assert opened.store.get_meta("market_origin_ms") == str(START_MS)
        price = opened.venue.market.price_at("BTC-USDT", START_MS + 3 * DAY_MS)
        await opened.venue.start()
        assert opened.venue.state.markets["BTC-USDT"].index == price
        await opened.venue.stop()
        opened.close()

    asyncio.run(story())


def test_a_start_cut_short_before_the_seeds_is_made_good(tmp_path: Path) -> None:
    """A crash between making the keys and the first entry: the keys told to their owner stay the keys."""

    async def story() -> None:
        cut = frozen(tmp_path)
        cut.close()
        opened = frozen(tmp_path)
        assert opened.connection == cut.connection
        assert (await once(opened))[0] > 10
        assert verify_folder(tmp_path).ok

    asyncio.run(story())


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asyncio.run(once(frozen(None)))
    assert list(tmp_path.iterdir()) == []


def test_a_market_by_hand_begins_without_prices_and_debts() -> None:
    async def story() -> None:
        opened = open_venue(None, BY_HAND, mode="frozen", at_ms=START_MS)
        await opened.venue.start()
        assert opened.venue.state.markets == {}
        assert ledger.debts(opened.venue.state, ALICE) == {}
        assert opened.venue.market.candle("BTC-USDT", START_MS, HOUR_MS, START_MS + 1) is None
        await opened.venue.stop()

    asyncio.run(story())


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UnknownMarket,
        match=r"no market 'mars' in \.tally-markets; there are: none; by-hand and walk:SEED are there",
    ):
        open_venue(tmp_path, "mars")
    with pytest.raises(ValueError, match="speed must be"):
        open_venue(tmp_path, speed=-3)
    with pytest.raises(StoreError, match="there is no journal in"):
        verify_folder(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot use"):
        open_venue(tmp_path / "file" / "folder")
    opened = frozen(tmp_path / "used")
    with pytest.raises(StoreInUse):
        open_venue(tmp_path / "used")
    with pytest.raises(StoreInUse):
        verify_folder(tmp_path / "used")
    asyncio.run(once(opened))
    with pytest.raises(StoreError, match=f"was started with market {DEFAULT}, not by-hand"):
        open_venue(tmp_path / "used", BY_HAND)
    (tmp_path / "used" / "connection.json").write_text("{")
    with pytest.raises(StoreError, match=r"cannot read .*connection\.json"):
        open_venue(tmp_path / "used")


def test_a_kept_venue_goes_on_from_where_it_was(tmp_path: Path) -> None:
    async def story() -> None:
        await once(frozen(tmp_path, START_MS + DAY_MS))
        for at_ms in (START_MS, START_MS + 2 * DAY_MS):
            opened = frozen(tmp_path, at_ms)
            assert opened.venue.now_ms() == START_MS + DAY_MS
            opened.close()

    asyncio.run(story())


def test_a_restart_leaves_a_released_price_until_the_next_of_the_recording(tmp_path: Path) -> None:
    """A price set by hand stays after its release; a start between two points of the recording has none to make up."""

    async def price(change: bool) -> tuple[int, int]:
        opened = frozen(tmp_path / "venue")
        await opened.venue.start()
        try:
            if change:
                await opened.venue.advance(by_ms=1_234)
                await opened.venue.submit(SetPrices(prices=(("DOT-USDT", 18 * ONE),)))
                await opened.venue.submit(ReleaseMarket(instrument="DOT-USDT"))
            return opened.venue.state.seq, opened.venue.state.markets["DOT-USDT"].recorded
        finally:
            await opened.venue.stop()
            opened.close()

    before = asyncio.run(price(True))
    assert before[1] == 18 * ONE
    assert asyncio.run(price(False)) == before
