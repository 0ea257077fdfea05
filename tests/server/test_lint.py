"""The lint: what bots get wrong is named, with what was meant; with --strict it is refused; nothing honest is named."""

from __future__ import annotations

import logging

import pytest

from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint
from tests.server.harness import World, within
from tests.server.test_envelope import GOOD
from tests.wire.requests import good, send

REPAY = "/api/v5/trade/one-click-repay-v2"
LOANS = "/api/v5/finance/flexible-loan/loan-history"

ODD = [
    ("a renamed parameter", "POST", REPAY, {**GOOD["one_click_repay_v2"], "debtCcyy": "USDT"},
     "unknown parameter debtCcyy, did you mean debtCcy?"),
    ("one of v1 on v2", "POST", REPAY, {**GOOD["one_click_repay_v2"], "repayCcy": "BTC"},
     "unknown parameter repayCcy, did you mean repayCcyList?"),
    ("one inside of a list", "POST", "/api/v5/finance/flexible-loan/max-loan",
     {"borrowCcy": "USDT", "supCollateral": [{"ccy": "BTC", "amt": "0.1", "amount": "0.1"}]},
     "unknown parameter supCollateral.amount, did you mean amt?"),
    ("an amount as a number", "POST", "/api/v5/asset/convert/estimate-quote",
     {**GOOD["convert_estimate_quote"], "rfqSz": 30}, "rfqSz was sent as a number, the document says text"),
    ("a client id as a number", "POST", "/api/v5/asset/transfer", {**GOOD["transfer"], "clientId": 7},
     "clientId was sent as a number, the document says text"),
    ("a limit above the maximum", "GET", LOANS + "?limit=1000", {},
     "limit is above the maximum and was cut to it: 100"),
    ("a limit of candles above theirs", "GET", "/api/v5/market/history-candles?instId=BTC-USDT&limit=301", {},
     "limit is above the maximum and was cut to it: 300"),
    ("a limit of thirty digits", "GET", LOANS + "?limit=" + "9" * 30, {},
     "limit is above the maximum and was cut to it: 100"),
    ("a limit of 5000 digits", "GET", LOANS + "?limit=" + "9" * 5000, {},
     "limit is above the maximum and was cut to it: 100"),
    ("a flag as text", "POST", "/api/v5/account/set-auto-repay", {"autoRepay": "true"},
     "autoRepay was sent as text, the document says true or false"),
    ("parameters of a POST in the query", "POST", REPAY + "?debtCcy=USDC", GOOD["one_click_repay_v2"],
     "the query of a POST is not read"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "target", "values", "said"), [case[1:] for case in ODD], ids=[c[0] for c in ODD])
def test_what_is_odd_is_named_and_served(method: str, target: str, values: dict[str, object], said: str) -> None:
    async def story(here: World) -> None:
        answer = await here.signed(method, target, values or None)
        assert answer.code == "0", answer.body
        assert said in answer.headers[b"x-tally-lint"].decode("ascii")

    within(story)


@pytest.mark.parametrize(("method", "target", "values", "said"), [case[1:] for case in ODD], ids=[c[0] for c in ODD])
def test_strict_refuses_it_and_writes_nothing(method: str, target: str, values: dict[str, object], said: str) -> None:
    async def story(here: World) -> None:
        here.services.strict = True
        seq = here.venue.state.seq
        answer = await here.signed(method, target, values or None)
        assert (answer.status, answer.code) == (400, "51000")
        assert said.replace(" and was cut to it", "") in answer.headers[b"x-tally-lint"].decode("ascii")
        assert here.venue.state.seq == seq
        assert (await here.signed("GET", "/api/v5/account/balance?ccy=BTC")).code == "0"

    within(story)


def test_the_first_fault_in_declared_order_comes_before_what_is_odd() -> None:
    async def story(here: World) -> None:
        here.services.strict = True
        answer = await here.signed("POST", REPAY, {"zzz": "1", "repayCcyList": ["BTC"]})
        assert (answer.code, answer.json()["msg"]) == ("50014", "Parameter debtCcy can not be empty.")

    within(story)


REFUSED = [
    ("POST", REPAY, {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC", "USDC"]}, "repayCcyList names USDC twice"),
    ("POST", "/api/v5/finance/flexible-loan/borrow",
     {**GOOD["loan_borrow"], "collateralData": [{"ccy": "BTC", "amt": "0.1"}, {"ccy": "BTC", "amt": "0.2"}]},
     "collateralData names BTC twice"),
    ("POST", "/api/v5/finance/flexible-loan/max-loan",
     {"borrowCcy": "USDT", "supCollateral": [{"ccy": "BTC", "amt": "1"}, {"ccy": "BTC", "amt": "1"}]},
     "supCollateral names BTC twice"),
    ("GET", "/api/v5/account/balance?ccy=BTC,ETH,BTC", {}, "ccy names BTC twice"),
    ("GET", LOANS + "?limit=0", {}, "limit is not as documented"),
    ("GET", LOANS + "?limit=ten", {}, "limit is not as documented"),
    ("POST", REPAY, {"debtCcy": "usdc", "repayCcyList": ["BTC"]}, "debtCcy is not as documented: currency, of"),
    ("POST", REPAY, {"repayCcyList": ["BTC"]}, "debtCcy is missing: currency"),
    ("POST", "/api/v5/account/spot-manual-borrow-repay", {"ccy": "USDT", "side": "Borrow", "amt": "1"},
     "side is not as documented: one of borrow, repay"),
    ("GET", "/api/v5/account/balance?ccy=BTC&ccy=ETH", {}, "ccy stands twice in the query"),
    ("GET", "/api/v5/market/candles?instId=BTC-USDT&after=1768500000000000", {},
     "after is not as documented: time in milliseconds, of the form [0-9]{1,13}; this looks like microseconds"),
    ("GET", "/api/v5/account/spot-borrow-repay-history?before=590909145319051111", {}, "; this looks like an id"),
    ("POST", "/api/v5/account/set-auto-repay", {"autoRepay": "True"},
     "autoRepay is not as documented: true or false"),
    ("POST", "/api/v5/account/set-auto-repay", {"autoRepay": "yes"},
     "autoRepay is not as documented: true or false"),
    ("POST", "/api/v5/account/spot-manual-borrow-repay", {"ccy": "USDT", "side": "borrow", "amout": "1"},
     "; unknown parameter amout, did you mean amt?"),
    ("GET", "/api/v5/trade/order?instId=BTC-USDT&orderId=7", {}, "; unknown parameter orderId, did you mean ordId?"),
    ("GET", "/api/v5/asset/deposit-withdraw-status", {}, "wdId or txId is missing"),
    ("GET", "/api/v5/trade/order?instId=BTC-USDT", {}, "ordId or clOrdId is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "target", "values", "said"), REFUSED)
def test_a_refused_parameter_is_told_what_it_should_be(
    method: str, target: str, values: dict[str, object], said: str
) -> None:
    async def story(here: World) -> None:
        answer = await here.signed(method, target, values or None)
        assert answer.code in ("50014", "50015", "51000")
        assert said in answer.headers[b"x-tally-lint"].decode("ascii")

    within(story)


def test_a_limit_above_the_maximum_gives_as_many_rows_as_there_may_be() -> None:
    """301 candles asked for are 300 (freqtrade#6174), 101 trades of the public list are not cut at its 500."""

    async def story(here: World) -> None:
        market = "/api/v5/market/"
        for target, most in (
            ("history-candles?instId=BTC-USDT&bar=1m&limit=301", 300),
            ("index-candles?instId=BTC-USDT&bar=1m&limit=301", 100),
            ("history-candles?instId=BTC-USDT&bar=1m&limit=9999", 300),
        ):
            answer = await here.ask("GET", market + target)
            assert (answer.code, len(answer.json()["data"])) == ("0", most), target
            assert b"cut to it: %d" % most in answer.headers[b"x-tally-lint"], target
        assert (await here.ask("GET", market + "books?instId=BTC-USDT&sz=401")).code == "51000"
        assert (await here.ask("GET", market + "books?instId=BTC-USDT&sz=400")).code == "0"

    within(story)


def test_a_parameter_that_another_method_of_the_path_reads_is_only_unknown() -> None:
    async def story(here: World) -> None:
        order = {
            "instId": "BTC-USDT",
            "tdMode": "cash",
            "side": "buy",
            "ordType": "limit",
            "px": "20000",
            "sz": "0.001",
        }
        answer = await here.signed("POST", "/api/v5/trade/order", order | {"ordId": "7"})
        lint = answer.headers[b"x-tally-lint"].decode("ascii")
        assert lint.startswith("unknown parameter ordId")
        assert "belongs to" not in lint

    within(story)


def test_a_list_with_too_many_elements_is_told_how_many_there_may_be() -> None:
    async def story(here: World) -> None:
        coins = ",".join(f"C{number}" for number in range(21))
        answer = await here.signed("GET", f"/api/v5/account/balance?ccy={coins}")
        assert answer.code == "50025"
        assert answer.headers[b"x-tally-lint"] == b"ccy has more elements than there may be: 20"

    within(story)


def test_get_for_post_and_a_path_misspelt() -> None:
    async def story(here: World) -> None:
        answer = await here.signed("GET", "/api/v5/account/set-auto-repay")
        assert (answer.status, answer.code) == (405, "50115")
        assert answer.headers[b"x-tally-lint"] == b"/api/v5/account/set-auto-repay takes POST"
        lost = await here.ask("GET", "/api/v5/trade/one-click-repay-histroy-v2")
        assert lost.status == 404
        meant = b"no such path, did you mean /api/v5/trade/one-click-repay-history-v2?"
        assert lost.headers[b"x-tally-lint"] == meant
        assert b"x-tally-lint" not in (await here.ask("GET", "/favicon.ico")).headers

    within(story)


def test_a_cursor_past_all_rows_is_a_hint_and_never_refused() -> None:
    """`after` asks for older rows: one newer than all of them gives the first page, which is rarely meant."""

    async def story(here: World) -> None:
        here.services.strict = True
        history = "/api/v5/account/spot-borrow-repay-history"
        rows = (await here.signed("GET", history)).json()["data"]
        newest = int(rows[0]["ts"])
        past = await here.signed("GET", f"{history}?after={newest + 1}")
        assert past.json()["data"] == rows
        assert b"`after` is newer than all rows" in past.headers[b"x-tally-lint"]
        at = await here.signed("GET", f"{history}?after={newest}")
        assert b"x-tally-lint" not in at.headers

    within(story)


def test_a_remark_is_in_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    async def story(here: World) -> None:
        for _ in range(3):
            await here.signed("GET", "/api/v5/account/balance?currency=BTC&once=1")

    with caplog.at_level(logging.WARNING, "tallystick.lint"):
        within(story)
    said = [record.getMessage() for record in caplog.records if "once" in record.getMessage()]
    assert len(said) == 1
    assert said[0].startswith("GET /api/v5/account/balance: unknown parameter once")


@pytest.mark.parametrize("endpoint", [one for one in ENDPOINTS if not one.batch_max], ids=lambda one: one.name)
def test_nothing_is_said_of_a_documented_request(endpoint: Endpoint) -> None:
    """Every parameter of every endpoint, sent as documented."""
    assert send(endpoint, good(endpoint, whole=True)).remarks == ()
