"""Ten situations of a bot's owner: what an unmodified python-okx meets, and a way out found from the reason alone.

Every number is worked out by hand, and each lever is pulled as the venue words it: it changes the very answer. alice
has 1 BTC, 5 ETH, 2,500 USDT and 10 USDC to trade with and owes 500 USDT and 100 USDC; 2 BTC lie in her funding account.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import okx.okxclient
import pytest
from okx.Account import AccountAPI
from okx.Convert import ConvertAPI
from okx.Finance.FlexibleLoan import FlexibleLoanAPI
from okx.Trade import TradeAPI

from tests.conformance.served import Served, running

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

PRICES = {"BTC-USDT": "40000", "ETH-USDT": "3000", "USDC-USDT": "1", "DOT-USDT": "25"}
LEVER = re.compile(r"POST (?P<path>\S+)(?: (?P<body>\{.*\}))?(?: .*)?")


class Why(NamedTuple):
    """What the venue says of the last refusal."""

    code: str
    reason: str
    levers: list[str]
    numbers: dict[str, str]


class Bot:
    """An owner's bot, and the venue it talks to."""

    def __init__(self, venue: Served, key: tuple[str, str, str]) -> None:
        self.venue = venue
        self.trade = TradeAPI(*key, flag="0", domain=venue.url)
        self.account = AccountAPI(*key, flag="0", domain=venue.url)
        self.convert = ConvertAPI(*key, flag="0", domain=venue.url)
        self.loans = FlexibleLoanAPI(*key, flag="0", domain=venue.url)

    def close(self) -> None:
        for api in (self.trade, self.account, self.convert, self.loans):
            api.close()

    def why(self) -> Why:
        (row,) = self.venue.control("refusals?last=1")["requests"]
        (why,) = row["why"]
        return Why(row["code"], why["reason"], why["levers"], why["numbers"])

    def pull(self, lever: str, *fillings: str) -> dict[str, Any]:
        """Pull a lever as the venue words it, with values for its dots, in their order."""
        found = LEVER.fullmatch(lever)
        assert found is not None, lever
        body = found["body"] or "{}"
        for filling in fillings:
            body = re.sub(r'"\.\.\."|\.\.\.', lambda _, value=filling: json.dumps(value), body, count=1)
        assert "..." not in body, body
        return self.venue.control(found["path"], json.loads(body))

    def borrow(self, ccy: str, amt: str) -> str:
        code: str = self.account.spot_manual_borrow_repay(ccy, "borrow", amt)["code"]
        return code

    def trade_quote(self, quote_id: str) -> str:
        """Sell the 0.01 BTC of a quote for USDT."""
        sold = {"side": "sell", "sz": "0.01", "szCcy": "BTC"}
        code: str = self.convert.convert_trade(quote_id, "BTC", "USDT", **sold)["code"]
        return code

    def lend(self, amt: str, btc: str, name: str) -> str:
        pledged = [{"ccy": "BTC", "amt": btc}]
        code: str = self.loans.borrow({"ccy": "USDT", "amt": amt}, name, collateralData=pledged)["code"]
        return code


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with running(tmp_path_factory.mktemp("venue"), "--limits", "off") as served:
        yield served


@pytest.fixture
def bot(venue: Served) -> Iterator[Bot]:
    """Each situation begins anew. The reset leaves alice's keys as they are."""
    yield from bot_of(venue)


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Bot]:
    """A bot whose requests are limited as documented."""
    with running(tmp_path) as served:
        yield from bot_of(served)


def bot_of(venue: Served) -> Iterator[Bot]:
    venue.control("reset", {})
    venue.control("market/prices", {"prices": PRICES})
    found = Bot(venue, venue.key())
    yield found
    found.close()


def test_the_wrong_coin_comes_first(bot: Bot) -> None:
    assert bot.trade.oneclick_repay_v2("USDC", ["BTC"])["code"] == "59129"
    why = bot.why()
    assert (why.code, why.reason) == (
        "59129",
        "the account holds 10 USDC, so USDC must come first in the list; the list is: BTC",
    )
    assert bot.trade.oneclick_repay_v2("USDC", ["USDC", "BTC"])["code"] == "0"


def test_a_rate_limit_is_met(limited: Bot) -> None:
    """The document allows one in two seconds. The clock is frozen, so the venue's time has not moved at all."""
    assert limited.trade.oneclick_repay_v2("USDC", ["USDC", "BTC"])["code"] == "0"
    assert limited.trade.oneclick_repay_v2("USDT", ["USDT", "BTC"])["code"] == "50011"
    why = limited.why()
    said = r"the limit per user id is used up, requests in 2 s: 1; the next may come in [0-9.]+ m?s"
    assert re.fullmatch(said, why.reason), why.reason
    wait_ms = int(why.numbers["free_span_ms"])
    assert 0 < wait_ms <= 2_000
    limited.venue.advance(wait_ms)
    # The other run is still under way, which is what is said now.
    assert limited.trade.oneclick_repay_v2("USDT", ["USDT", "BTC"])["code"] == "59121"


def test_a_quota_is_used_up(bot: Bot) -> None:
    """500,000 at Lv1, of which 500 are owed. Fresh margin is no help; the quota is. 1,000 BTC carry the rest."""
    bot.venue.control("users/alice/balance", {"account": "trading", "ccy": "BTC", "amt": "1000"})
    assert bot.borrow("USDT", "499500.01") == "59412"
    why = bot.why()
    assert why.reason == "499500.01 USDT to borrow: the quota of alice at level Lv1 leaves 499500"
    bot.pull(why.levers[0], "500000.01")
    assert bot.borrow("USDT", "499500.01") == "0"


def test_the_margin_is_short(bot: Bot) -> None:
    """Equity 0.98 x 40,000 + 0.98 x 15,000 + 2,000 - 90 = 55,810; of it 600 / 3 = 200 carry what is owed.

    200,000 / 3 = 66,666.67 are needed, so 11,056.67 USDT are missing, and 11,056.66 are a cent too few.
    """
    assert bot.borrow("USDT", "200000") == "59411"
    why = bot.why()
    assert why.reason == (
        "free margin 55610 USD, needed 66666.67: this is enough for 166830 USDT, you asked for 200000; "
        "a higher leverage needs less"
    )
    bot.pull(why.levers[0], "USDT", "11056.66")
    assert bot.borrow("USDT", "200000") == "59411"
    assert bot.why().reason.startswith("free margin 66666.66 USD, needed 66666.67: ")
    bot.pull(why.levers[0], "USDT", "0.01")
    assert bot.borrow("USDT", "200000") == "0"


def test_a_quote_has_expired(bot: Bot) -> None:
    """It is good for ten seconds; twelve have passed."""
    quote = bot.convert.estimate_quote("BTC", "USDT", "sell", "0.01", "BTC")["data"][0]
    ended = datetime.fromtimestamp(int(quote["quoteTime"]) / 1_000 + 10, UTC)
    bot.venue.advance(12_000)
    assert bot.trade_quote(quote["quoteId"]) == "52922"
    why = bot.why()
    assert why.reason == f"the quote ended at {iso(ended)}, 2 s before this request"
    bot.pull(why.levers[0], "13000")
    quote = bot.convert.estimate_quote("BTC", "USDT", "sell", "0.01", "BTC")["data"][0]
    bot.venue.advance(12_000)
    assert bot.trade_quote(quote["quoteId"]) == "0"


def test_the_lenders_are_gone(bot: Bot) -> None:
    """They leave half a coin; one is asked for."""
    free = bot.venue.control("pools")["pools"]
    eth = next(pool["free"] for pool in free if pool["ccy"] == "ETH")
    bot.venue.control("pools", {"ccy": "ETH", "amt": f"-{float(eth) - 0.5:.1f}"})
    assert bot.borrow("ETH", "1") == "59417"
    why = bot.why()
    assert why.reason == "1 ETH to borrow: the pool has 0.5 to lend"
    bot.pull(why.levers[0], "0.5")
    assert bot.borrow("ETH", "1") == "0"


def test_one_click_repay_of_a_coin_that_is_not_owed(bot: Bot) -> None:
    assert bot.trade.oneclick_repay_v2("BTC", ["BTC"])["code"] == "59413"
    why = bot.why()
    assert why.reason == "nothing is owed in BTC; owed is: USDC,USDT"
    owed = why.numbers["owed"].split(",")[0]
    assert bot.trade.oneclick_repay_v2(owed, [owed, "BTC"])["code"] == "0"


def test_a_loan_is_above_its_initial_ltv(bot: Bot) -> None:
    """2 BTC count 0.98 x 80,000 = 78,400 USD; 60,000 borrowed needs 1.4 times itself, 84,000.

    0.98 x 2 x price reaches 84,000 at 42,857.15 (42,857.142857...); the price has one decimal.
    """
    assert bot.lend("60000", "2", "a1") == "51759"
    why = bot.why()
    assert why.reason == "the collateral counts 78400 USD after its discounts, the initial LTV needs 84000: pledge more"
    top_up, price = why.levers
    bot.pull(price, "BTC-USDT", "42857.1")
    assert bot.lend("60000", "2", "a2") == "51759"
    bot.pull(price, "BTC-USDT", "42857.2")
    assert bot.lend("60000", "2", "a3") == "0"
    # The other lever is of the coins: 84,000 / 39,200 = 2.142857... BTC at 40,000.
    bot.venue.control("reset", {})
    bot.venue.control("market/prices", {"prices": PRICES})
    bot.pull(top_up, "BTC", "0.14285715")
    assert bot.lend("60000", "2.14285714", "b1") == "51759"
    assert bot.lend("60000", "2.14285715", "b2") == "0"


def test_the_clock_of_the_bots_machine_is_wrong(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an hour late, and half a minute is allowed. The venue's clock stands since the tests of this file began."""
    late = datetime.now(UTC) - timedelta(hours=1)
    monkeypatch.setattr(okx.okxclient.utils, "get_timestamp", lambda: iso(late))
    assert bot.account.get_account_balance()["code"] == "50102"
    why = bot.why()
    assert why.numbers["sent_ms"] == iso(late)
    assert f"the request says {iso(late)}, the venue's clock {why.numbers['venue_ms']}" in why.reason
    assert "within 30 s of one of them" in why.reason
    assert why.levers[0] == "GET /api/v5/public/time"
    told = httpx.get(f"{bot.venue.url}/api/v5/public/time").json()["data"][0]["ts"]
    right = iso(datetime.fromtimestamp(int(told) / 1_000, UTC))
    monkeypatch.setattr(okx.okxclient.utils, "get_timestamp", lambda: right)
    assert bot.account.get_account_balance()["code"] == "0"


def test_the_key_is_of_another_data_folder(bot: Bot) -> None:
    old = Bot(bot.venue, ("00000000-0000-4000-8000-000000000000", "secret", "passphrase"))
    assert old.account.get_account_balance()["code"] == "50119"
    why = old.why()
    old.close()
    assert why.reason.startswith("this venue has no key 00000000")
    assert why.levers == ["tally keys", "POST users/.../keys"]
    made = bot.venue.control("users/alice/keys", {"permissions": ["read"]})
    new = Bot(bot.venue, (made["api_key"], made["secret_key"], made["passphrase"]))
    assert new.account.get_account_balance()["code"] == "0"
    assert new.borrow("USDT", "1") == "50120"
    why = new.why()
    new.close()
    assert why.reason.startswith("this call needs the permission trade, and the key ")
    better = bot.pull(why.levers[0])
    able = Bot(bot.venue, (better["api_key"], better["secret_key"], better["passphrase"]))
    assert able.borrow("USDT", "1") == "0"
    able.close()


def test_borrowing_is_off(bot: Bot) -> None:
    bob = Bot(bot.venue, bot.venue.key("bob"))
    bot.venue.control("users/bob/balance", {"account": "trading", "ccy": "USDT", "amt": "100"})
    assert bob.borrow("USDT", "10") == "59410"
    why = bob.why()
    assert why.reason == "borrowing is off for bob"
    bob.pull(why.levers[0])
    assert bob.borrow("USDT", "10") == "0"
    bob.close()


def test_the_clock_stands_still(bot: Bot) -> None:
    """A run stays under way while no time passes; the next steps come when the clock is put to them."""
    assert bot.trade.oneclick_repay_v2("USDC", ["USDC", "BTC"])["code"] == "0"
    assert bot.trade.oneclick_repay_history_v2()["data"][0]["status"] == "running"
    assert bot.trade.oneclick_repay_v2("USDC", ["USDC", "BTC"])["code"] == "59121"
    why = bot.why()
    assert re.fullmatch(r"a one-click repay of USDC has been running since \S+Z", why.reason)
    for _ in range(10):
        bot.pull(why.levers[0])
        if bot.trade.oneclick_repay_history_v2()["data"][0]["status"] != "running":
            break
    assert bot.trade.oneclick_repay_history_v2()["data"][0]["status"] == "filled"


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
