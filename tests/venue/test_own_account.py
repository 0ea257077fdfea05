"""A venue that begins with an account of one's own, in a market of one's own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tallystick.engine import ledger, prices
from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.store.api import StoreError
from tallystick.venue import boot, own_account
from tallystick.venue.importing.market import import_market
from tallystick.venue.own import BadAccount, Own, Refused
from tests.venue.candle_files import FIRST_MS, own, walk

ACCOUNT = json.dumps(
    {
        "code": "0",
        "data": [
            {
                "details": [
                    {"ccy": "BTC", "cashBal": "0.25", "eq": "0.25", "liab": "0", "ordFrozen": "0.1"},
                    {"ccy": "USDT", "cashBal": "-700", "liab": "700", "eq": "-700"},
                    {"ccy": "ETH", "cashBal": "0", "eq": "0", "liab": ""},
                ]
            }
        ],
    }
)


@pytest.mark.parametrize("market", ["walk:3", "mine"])
def test_alice_begins_with_the_account_and_a_reset_too(tmp_path: Path, market: str) -> None:
    (tmp_path / "BTC-USDT.csv").write_bytes(own(walk()))
    markets = tmp_path / "markets"
    import_market([tmp_path / "BTC-USDT.csv"], markets, "mine")

    async def story() -> None:
        opened = boot.open_venue(
            tmp_path / "data", market, markets=markets, mode="frozen", at_ms=FIRST_MS, own=Own(account=ACCOUNT)
        )
        await opened.venue.start()
        for _ in range(2):
            state = opened.venue.state
            assert ledger.debts(state, boot.ALICE) == {"USDT": 700 * ONE}
            assert ledger.cash(state, boot.ALICE, "BTC") == ONE // 4
            assert ledger.cash(state, boot.ALICE, "USDT") == 0
            assert ledger.cash(state, boot.BOB, "USDT") == 10_000 * ONE
            assert prices.usd_index(state, "BTC") > 0
            await opened.venue.reset()
        assert (await opened.venue.verify()).ok
        assert any("open orders" in remark and "BTC" in remark for remark in opened.remarks)
        await opened.venue.stop()
        opened.close()

    asyncio.run(story())


def test_a_folder_keeps_its_market_as_it_was_imported(tmp_path: Path) -> None:
    path = tmp_path / "BTC-USDT.csv"
    path.write_bytes(own(walk()))
    import_market([path], tmp_path, "mine")
    boot.open_venue(None, "mine", markets=tmp_path, at_ms=FIRST_MS)

    async def begin() -> None:
        opened = boot.open_venue(tmp_path / "data", "mine", markets=tmp_path, mode="frozen", at_ms=FIRST_MS)
        await opened.venue.start()
        assert prices.usd_index(opened.venue.state, "BTC") == atoms_from_text(walk()[0][1])
        await opened.venue.advance(to_ms=FIRST_MS + 86_400_000)
        await opened.venue.stop()
        opened.close()

    asyncio.run(begin())
    boot.open_venue(tmp_path / "data", "mine", markets=tmp_path).close()
    path.write_bytes(own(walk(seed=9)))
    import_market([path], tmp_path, "mine", over=True)
    with pytest.raises(StoreError, match="imported anew since this data folder"):
        boot.open_venue(tmp_path / "data", "mine", markets=tmp_path)


def test_recorded_pairs_that_are_not_listed_are_named(tmp_path: Path) -> None:
    (tmp_path / "XRP-USDT.csv").write_bytes(own(walk()))
    import_market([tmp_path / "XRP-USDT.csv"], tmp_path, "mine")
    opened = boot.open_venue(None, "mine", markets=tmp_path, at_ms=FIRST_MS, own=Own(), users=False)
    assert [remark for remark in opened.remarks if "XRP-USDT" in remark]
    listed = '[currencies.XRP]\n[instruments.XRP-USDT]\ntick = "0.0001"\nlot = "0.001"\n'
    opened = boot.open_venue(None, "mine", markets=tmp_path, at_ms=FIRST_MS, own=Own(listed), users=False)
    assert not [remark for remark in opened.remarks if "XRP-USDT" in remark]


def test_a_debt_that_nobody_lends_is_refused_before_anything_begins(tmp_path: Path) -> None:
    large = ACCOUNT.replace('"liab": "700", "eq": "-700"', '"liab": "7000000", "eq": "-7000000"')
    with pytest.raises(Refused, match="ManualBorrow of 7000000 USDT is refused: above borrow limit"):
        boot.open_venue(tmp_path / "data", at_ms=FIRST_MS, own=Own(account=large))
    with pytest.raises(BadAccount, match="is no saved answer"):
        boot.open_venue(tmp_path / "data", at_ms=FIRST_MS, own=Own(account="[]"))
    with pytest.raises(StoreError, match="--balances is for a new venue, and this one began with none"):
        asyncio.run(_begun_without(tmp_path / "other"))


async def _begun_without(folder: Path) -> None:
    opened = boot.open_venue(folder, mode="frozen", at_ms=FIRST_MS)
    await opened.venue.start()
    await opened.venue.stop()
    opened.close()
    boot.open_venue(folder, own=Own(account=ACCOUNT))


@pytest.mark.parametrize(
    ("coin", "held", "owed"),
    [
        ({"eq": "50", "liab": "100", "cashBal": "150"}, "150", "100"),
        ({"eq": "50", "liab": "100", "cashBal": "50"}, "150", "100"),
        ({"eq": "-100", "liab": "100", "cashBal": "-100"}, "0", "100"),
        ({"eq": "-100", "liab": "-100", "cashBal": "0"}, "0", "100"),
        ({"cashBal": "-100"}, "0", "100"),
        ({"cashBal": "3"}, "3", "0"),
        ({}, "0", "0"),
    ],
)
def test_what_a_coin_holds_and_owes(coin: dict[str, str], held: str, owed: str) -> None:
    found = own_account._coin(own_account.SavedCoin(ccy="USDT", **coin))
    assert found == (atoms_from_text(held), atoms_from_text(owed))
