"""Users of a served venue for tests of the archive."""

from __future__ import annotations

from typing import Any

from tallystick import Client
from tallystick.archive.gathering import Gathered, account_of, gather
from tallystick.archive.store import Archive
from tallystick.client.levers import Levers
from tests.client.venue import Served

HOUR_MS = 3_600_000


class User:
    """A user of their own, with coins, credit and a client; with a `master` a sub-account of it."""

    def __init__(self, venue: Served, levers: Levers, name: str, master: str | None = None) -> None:
        self.levers = levers
        self.name = name
        self.url = venue.url
        levers.users.create(name=name, master=master)
        for account in ("trading", "funding"):
            levers.users.adjust_balance(name, account=account, ccy="BTC", amt=10)
        levers.users.switch_spot_borrow(name, enabled=True)
        key = levers.users.create_key(name, permissions=["read", "trade"])
        keys: dict[str, Any] = {
            "api_key": key.api_key,
            "secret_key": key.secret_key,
            "passphrase": key.passphrase,
            "base_url": venue.url,
            "pace": False,
        }
        self.client = Client(**keys)

    def pull(self, archive: Archive, *names: str, keep_answers: bool = False) -> Gathered:
        account = account_of(archive, self.client, self.url, "test")
        return gather(archive, self.client, account, names, keep_answers=keep_answers)

    def live(self) -> None:
        """A bit of everything: borrow, transfer, interest, repay, orders, convert, a one-click repay, a loan."""
        client, levers = self.client, self.levers
        client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=5_000)
        client.spot_manual_borrow_repay(ccy="USDC", side="borrow", amt=100)
        client.transfer(ccy="BTC", amt=2, from_="18", to="6")
        levers.clock.advance(ms=HOUR_MS)
        client.spot_manual_borrow_repay(ccy="USDT", side="repay", amt=1_000)
        client.place_order(instId="BTC-USDT", tdMode="cash", side="sell", ordType="market", sz="0.01")
        client.place_order(instId="USDC-USDT", tdMode="cash", side="sell", ordType="market", sz="90")
        quote = client.convert_estimate_quote(baseCcy="BTC", quoteCcy="USDT", side="sell", rfqSz="0.1", rfqSzCcy="BTC")
        client.convert_trade(
            quoteId=quote.quoteId, baseCcy="BTC", quoteCcy="USDT", side="sell", sz=quote.rfqSz, szCcy="BTC"
        )
        client.one_click_repay_v2(debtCcy="USDC", repayCcyList=["USDC", "BTC"])
        levers.clock.advance(ms=2 * HOUR_MS)
