"""Unmodified python-okx: every method of it that reaches our surface, then one story through all of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from okx import consts
from okx.Account import AccountAPI
from okx.Convert import ConvertAPI
from okx.Finance.FlexibleLoan import FlexibleLoanAPI
from okx.Finance.Savings import SavingsAPI
from okx.Funding import FundingAPI
from okx.MarketData import MarketAPI
from okx.PublicData import PublicAPI
from okx.Status import StatusAPI
from okx.SubAccount import SubAccountAPI
from okx.Trade import TradeAPI

from tallystick.contract import by_route
from tests.conformance.served import Served

BTC_LOAN = {"loanData": {"ccy": "USDT", "amt": "100"}, "collateralData": [{"ccy": "BTC", "amt": "0.1"}]}

LOW_BID = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001", "px": "10000"}

REST = {"instId": "ETH-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.1"}

FILES_OF_BTC = {
    "module": "2", "instType": "SPOT", "dateAggrType": "daily", "begin": "1", "end": "2", "instIdList": "BTC-USDT",
}  # fmt: skip
CALLS: tuple[tuple[type, str, dict[str, Any]], ...] = (
    (PublicAPI, "get_system_time", {}),
    (PublicAPI, "get_instruments", {"instType": "SPOT"}),
    (PublicAPI, "get_interest_rate_loan_quota", {}),
    (PublicAPI, "get_vip_interest_rate_loan_quota", {}),
    (PublicAPI, "discount_interest_free_quota", {"ccy": "BTC"}),
    (PublicAPI, "get_mark_price", {"instType": "MARGIN", "instId": "BTC-USDT"}),
    (PublicAPI, "get_price_limit", {"instId": "BTC-USDT"}),
    (PublicAPI, "get_underlying", {"instType": "SWAP"}),
    (PublicAPI, "get_position_tiers", {"instType": "MARGIN", "tdMode": "cross", "ccy": "BTC"}),
    (PublicAPI, "get_insurance_fund", {"instType": "MARGIN"}),
    (PublicAPI, "get_option_tickBands", {"instType": "OPTION"}),
    (PublicAPI, "get_open_interest", {"instType": "SWAP"}),
    (PublicAPI, "get_market_data_history", {**FILES_OF_BTC}),
    (SavingsAPI, "get_public_borrow_info", {"ccy": "BTC"}),
    (SavingsAPI, "get_public_borrow_history", {"ccy": "BTC", "limit": "5"}),
    (StatusAPI, "status", {}),
    (MarketAPI, "get_tickers", {"instType": "SPOT"}),
    (MarketAPI, "get_ticker", {"instId": "BTC-USDT"}),
    (MarketAPI, "get_orderbook", {"instId": "BTC-USDT", "sz": "20"}),
    (MarketAPI, "get_order_lite_book", {"instId": "BTC-USDT"}),
    (MarketAPI, "get_rpi_orderbook", {"instId": "BTC-USDT", "sz": "5"}),
    (MarketAPI, "get_history_candlesticks", {"instId": "BTC-USDT", "bar": "1s", "limit": "10"}),
    (MarketAPI, "get_index_candlesticks", {"instId": "BTC-USDT", "limit": "10"}),
    (MarketAPI, "get_mark_price_candlesticks", {"instId": "BTC-USDT", "limit": "10"}),
    (MarketAPI, "get_index_tickers", {"quoteCcy": "USDT"}),
    (MarketAPI, "get_index_components", {"index": "BTC-USDT"}),
    (MarketAPI, "get_exchange_rate", {}),
    (MarketAPI, "get_trades", {"instId": "BTC-USDT", "limit": "5"}),
    (MarketAPI, "get_history_trades", {"instId": "BTC-USDT", "limit": "5"}),
    (MarketAPI, "get_volume", {}),
    (MarketAPI, "get_block_ticker", {"instId": "BTC-USDT"}),
    (MarketAPI, "get_block_tickers", {"instType": "SPOT"}),
    (MarketAPI, "get_block_trades", {"instId": "BTC-USDT"}),
    (MarketAPI, "get_tier", {"instType": "MARGIN", "tdMode": "cross", "ccy": "BTC"}),
    (MarketAPI, "get_candlesticks", {"instId": "BTC-USDT", "bar": "1H", "limit": "10"}),
    (AccountAPI, "get_account_balance", {"ccy": "BTC,USDT"}),
    (AccountAPI, "get_account_config", {}),
    (AccountAPI, "get_account_bills", {"instType": "SPOT", "ccy": "USDT", "type": "2", "subType": "1"}),
    (AccountAPI, "get_bill_type", {"type": "1,16"}),
    (AccountAPI, "get_account_bills_archive", {"ccy": "USDT", "begin": "1", "end": "9999999999999", "limit": "5"}),
    (AccountAPI, "set_auto_repay", {"autoRepay": False}),
    (AccountAPI, "spot_manual_borrow_repay", {"ccy": "USDT", "side": "borrow", "amt": "10"}),
    (AccountAPI, "spot_borrow_repay_history", {"ccy": "USDT", "type": "manual_borrow"}),
    (AccountAPI, "get_interest_accrued", {"ccy": "USDT", "limit": "5"}),
    (AccountAPI, "get_interest_rate", {"ccy": "USDT"}),
    (AccountAPI, "set_leverage", {"lever": "5", "mgnMode": "cross", "ccy": "BTC"}),
    (AccountAPI, "get_leverage", {"mgnMode": "cross", "ccy": "BTC"}),
    (AccountAPI, "get_interest_limits", {"ccy": "USDT"}),
    (AccountAPI, "get_max_loan", {"instId": "BTC-USDT", "mgnMode": "cross"}),
    (AccountAPI, "get_max_order_size", {"instId": "BTC-USDT,ETH-USDT", "tdMode": "cash"}),
    (AccountAPI, "get_max_avail_size", {"instId": "BTC-USDT", "tdMode": "cash", "reduceOnly": False}),
    (AccountAPI, "get_max_withdrawal", {"ccy": "BTC"}),
    (AccountAPI, "get_fee_rates", {"instType": "SPOT", "instId": "BTC-USDT"}),
    (AccountAPI, "get_instruments", {"instType": "SPOT"}),
    (AccountAPI, "set_account_level", {"acctLv": "1"}),
    (AccountAPI, "set_isolated_mode", {"isoMode": "automatic", "type": "MARGIN"}),
    (AccountAPI, "set_trading_config", {"type": "stgyType", "stgyType": "0"}),
    (AccountAPI, "get_positions", {}),
    (AccountAPI, "get_positions_history", {}),
    (AccountAPI, "get_position_risk", {}),
    (FundingAPI, "get_currencies", {"ccy": "BTC"}),
    (FundingAPI, "get_balances", {"ccy": "BTC"}),
    (FundingAPI, "get_asset_valuation", {"ccy": "USDT"}),
    (FundingAPI, "get_non_tradable_assets", {}),
    (FundingAPI, "get_deposit_history", {"ccy": "BTC"}),
    (FundingAPI, "get_withdrawal_history", {"ccy": "BTC"}),
    (FundingAPI, "get_bills", {"ccy": "USDT", "type": "131", "limit": "5"}),
    (FundingAPI, "funds_transfer", {"ccy": "USDT", "amt": "5", "from_": "6", "to": "18"}),
    (FundingAPI, "transfer_state", {"transId": "1"}),
    (SubAccountAPI, "get_subaccount_list", {}),
    (SubAccountAPI, "bills", {"ccy": "USDT", "type": "0"}),
    (ConvertAPI, "get_currencies", {}),
    (ConvertAPI, "get_currency_pair", {"fromCcy": "USDT", "toCcy": "BTC"}),
    (
        ConvertAPI,
        "estimate_quote",
        {"baseCcy": "ETH", "quoteCcy": "USDT", "side": "buy", "rfqSz": "30", "rfqSzCcy": "USDT"},
    ),
    (ConvertAPI, "get_convert_history", {"limit": "5"}),
    (FlexibleLoanAPI, "borrow", {**BTC_LOAN, "clOrdId": "call-1"}),
    (FlexibleLoanAPI, "adjust_collateral", {"type": "add", "collateralCcy": "BTC", "collateralAmt": "0.01"}),
    (FlexibleLoanAPI, "borrow_currencies", {}),
    (FlexibleLoanAPI, "collateral_assets", {"ccy": "BTC"}),
    (FlexibleLoanAPI, "max_loan", {"borrowCcy": "USDT", "supCollateral": [{"ccy": "BTC", "amt": "0.1"}]}),
    (FlexibleLoanAPI, "max_collateral_redeem_amount", {"ccy": "BTC"}),
    (FlexibleLoanAPI, "interest_accrued", {"ccy": "USDT", "limit": "5"}),
    (FlexibleLoanAPI, "emode_info", {}),
    (FlexibleLoanAPI, "loan_info", {}),
    (FlexibleLoanAPI, "loan_history", {"type": "borrowed"}),
    (TradeAPI, "get_oneclick_repay_list_v2", {}),
    (TradeAPI, "oneclick_repay_v2", {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}),
    (TradeAPI, "oneclick_repay_history_v2", {}),
    (TradeAPI, "get_easy_convert_currency_list", {}),
    (TradeAPI, "get_easy_convert_history", {"limit": "5"}),
    (
        TradeAPI,
        "place_order",
        LOW_BID,
    ),
    (TradeAPI, "get_order_list", {"instType": "SPOT", "ordType": "limit,post_only"}),
    (TradeAPI, "get_orders_history", {"instType": "SPOT", "state": "filled"}),
    (TradeAPI, "get_orders_history_archive", {"instType": "SPOT", "limit": "5"}),
    (TradeAPI, "get_fills", {"instType": "SPOT"}),
    (TradeAPI, "get_fills_history", {"instType": "SPOT", "limit": "5"}),
    (TradeAPI, "order_algos_list", {"ordType": "conditional"}),
    (TradeAPI, "order_algos_history", {"ordType": "conditional", "state": "effective"}),
    (TradeAPI, "place_multiple_orders", {"orders_data": [LOW_BID, LOW_BID]}),
)
REFUSED: tuple[tuple[type, str, dict[str, Any], str], ...] = (
    (PublicAPI, "get_funding_rate", {"instId": "BTC-USDT-SWAP"}, "51001"),
    (PublicAPI, "get_convert_contract_coin", {"instId": "BTC-USDT-SWAP", "sz": "1"}, "51001"),
    (AccountAPI, "get_account_position_risk", {}, "51010"),
    (FundingAPI, "get_deposit_address", {"ccy": "BTC"}, "58301"),
    (FundingAPI, "withdrawal", {"ccy": "BTC", "amt": "1", "dest": "4", "toAddr": "here"}, "50120"),
    (FundingAPI, "cancel_withdrawal", {"wdId": "1"}, "58215"),
    (FundingAPI, "get_deposit_withdraw_status", {"wdId": "1"}, "58215"),
    (AccountAPI, "set_position_mode", {"posMode": "net_mode"}, "51010"),
    (AccountAPI, "set_auto_loan", {}, "51010"),
    (TradeAPI, "close_positions", {"instId": "BTC-USDT-SWAP", "mgnMode": "cross"}, "51010"),
    (TradeAPI, "get_algo_order_details", {"algoId": "7"}, "51603"),
    (TradeAPI, "get_oneclick_repay_list", {}, "51010"),
    (TradeAPI, "oneclick_repay", {"debtCcy": ["USDC"], "repayCcy": "BTC"}, "51010"),
    (TradeAPI, "oneclick_repay_history", {"limit": "5"}, "51010"),
    (AccountAPI, "set_auto_earn", {"ccy": "BTC", "action": "turn_on"}, "59671"),
)
"""Of things this venue does not have: the documented refusal, never another one."""

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
"""python-okx posts its body in a way its own HTTP library has come to discourage."""

IN_STORIES = {
    "convert_trade",
    "loan_repay",
    "cancel_order",
    "get_order",
    "easy_convert",
    "amend_order",
    "amend_batch_orders",
    "cancel_batch_orders",
    "subaccount_balance",
    "subaccount_funding",
    "subaccount_transfer",
    "set_transfer_out",
}
"""Need an id from another call, or a small balance; the stories below call them."""


OPEN: list[Any] = []


@pytest.fixture(autouse=True)
def _close_clients() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def api(kind: type, venue: Served, key: tuple[str, str, str]) -> Any:
    public = kind in (PublicAPI, MarketAPI, StatusAPI)
    made = kind(flag="1", domain=venue.url) if public else kind(*key, flag="1", domain=venue.url)
    OPEN.append(made)
    return made


def data(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert answer["code"] == "0", answer
    rows: list[dict[str, Any]] = answer["data"]
    return rows


@pytest.mark.parametrize(("kind", "method", "arguments"), CALLS, ids=[method for _, method, _ in CALLS])
def test_every_method_succeeds(venue: Served, kind: type, method: str, arguments: dict[str, Any]) -> None:
    data(getattr(api(kind, venue, venue.key("alice")), method)(**arguments))


@pytest.mark.parametrize(("kind", "method", "arguments", "code"), REFUSED, ids=[method for _, method, _, _ in REFUSED])
def test_what_is_refused_is_refused_as_documented(
    venue: Served, kind: type, method: str, arguments: dict[str, Any], code: str
) -> None:
    assert getattr(api(kind, venue, venue.key("alice")), method)(**arguments)["code"] == code


def test_no_method_that_reaches_our_surface_is_left_out(venue: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """python-okx names each of its paths in `consts`: every one of ours among them is called above or in a story."""
    reached: set[str] = set()

    def record(self: Any, verb: str, path: str, params: Any) -> dict[str, Any]:
        reached.add(by_route[path.split("?")[0]][verb].name)
        return {}

    calls = (*CALLS, *(call[:3] for call in REFUSED))
    for kind in {kind for kind, _, _ in calls}:
        monkeypatch.setattr(kind, "_request", record)
    for kind, method, arguments in calls:
        getattr(api(kind, venue, venue.key("alice")), method)(**arguments)
    # Beside paths it never requests (old spellings) the module holds some without a leading slash.
    paths = {value for value in vars(consts).values() if isinstance(value, str) and value in by_route}
    known = {endpoint.name for path in paths for endpoint in by_route[path].values()}
    assert known == reached | IN_STORIES


def test_a_debt_is_repaid_in_one_click(venue: Served) -> None:
    """Borrow 300 USDC, spend them, repay from BTC: two legs, a fall of the debt by what the history says."""
    key = venue.new_user("oneclick", BTC="1")
    account, trade = api(AccountAPI, venue, key), api(TradeAPI, venue, key)
    venue.control("market/book", {"instId": "BTC-USDT", "bids": [["40000", "5"]], "asks": [["40010", "5"]]})
    venue.control("market/price", {"instId": "BTC-USDT", "px": "40000"})
    venue.control("market/book", {"instId": "USDC-USDT", "bids": [["0.9999", "9999"]], "asks": [["1", "9999"]]})
    assert data(account.spot_manual_borrow_repay(ccy="USDC", side="borrow", amt="300")) == [
        {"ccy": "USDC", "side": "borrow", "amt": "300"}
    ]
    venue.control("users/oneclick/balance", {"account": "trading", "ccy": "USDC", "amt": "-250"})
    assert data(trade.get_oneclick_repay_list_v2()) == [
        {
            "debtData": [{"debtAmt": "300", "debtCcy": "USDC"}],
            "repayData": [{"repayAmt": "1", "repayCcy": "BTC"}, {"repayAmt": "50", "repayCcy": "USDC"}],
        }
    ]
    data(trade.oneclick_repay_v2("USDC", ["USDC", "BTC"]))
    assert trade.oneclick_repay_v2("USDC", ["USDC", "BTC"])["code"] == "59121"
    assert data(trade.oneclick_repay_history_v2())[0]["status"] == "running"
    venue.advance(10_000)
    row = data(trade.oneclick_repay_history_v2())[0]
    # 250 left are 250.250251 with the fee, to the lot; at the bound of 39799.9 that is 0.00628771 BTC. They fetch
    # 251.5084 USDT, which buy all 250.250251 USDC; less 0.1 % that is more than 250, so nothing is owed any more.
    assert (row["status"], row["fillDebtSz"]) == ("filled", "300")
    buy, sell = row["ordIdInfo"]
    assert (buy["instId"], buy["px"], buy["sz"], buy["fillSz"]) == ("USDC-USDT", "1.0049", "250.250251", "250.250251")
    assert (sell["instId"], sell["px"], sell["fillSz"], sell["fillPx"]) == (
        "BTC-USDT",
        "39799.9",
        "0.00628771",
        "40000",
    )
    assert data(account.get_account_balance("USDC"))[0]["details"][0]["liab"] == "0"
    rows = data(account.spot_borrow_repay_history(ccy="USDC"))
    assert [one["type"] for one in rows] == ["manual_repay", "manual_repay", "manual_borrow"]


def test_auto_repay_takes_what_comes_in(venue: Served) -> None:
    """Switching on repays with what is there, coins borrowed by hand as well; then with what comes in."""
    key = venue.new_user("autorepay", BTC="1")
    account, funding = api(AccountAPI, venue, key), api(FundingAPI, venue, key)
    data(account.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt="100"))
    venue.control("users/autorepay/balance", {"account": "trading", "ccy": "USDT", "amt": "-60"})
    assert data(account.set_auto_repay(autoRepay=True)) == [{"autoRepay": True}]
    assert data(account.get_account_config())[0]["spotBorrowAutoRepay"] is True
    assert data(account.get_account_balance("USDT"))[0]["details"][0]["liab"] == "60"
    venue.control("users/autorepay/balance", {"account": "funding", "ccy": "USDT", "amt": "30"})
    data(funding.funds_transfer("USDT", "30", "6", "18"))
    newest = data(account.spot_borrow_repay_history())[0]
    assert (newest["type"], newest["amt"], newest["accBorrowed"]) == ("auto_repay", "30", "30")
    data(account.set_auto_repay(autoRepay=False))


def test_bills_sum_to_the_balances(venue: Served) -> None:
    """In: 100 to funding, 60 of it to trading. 0.01 ETH at 3,000 with a fee of 0.00001 ETH, then 20 back."""
    key = venue.new_user("bills", ETH="1")
    account, funding, trade = api(AccountAPI, venue, key), api(FundingAPI, venue, key), api(TradeAPI, venue, key)
    venue.control("users/bills/balance", {"account": "funding", "ccy": "USDT", "amt": "100"})
    venue.control("market/book", {"instId": "ETH-USDT", "bids": [["2999", "5"]], "asks": [["3000", "5"]]})
    data(funding.funds_transfer("USDT", "60", "6", "18"))
    data(trade.place_order("ETH-USDT", "cash", "buy", "market", "30", tgtCcy="quote_ccy"))
    data(funding.funds_transfer("USDT", "20", "18", "6"))
    rows = data(account.get_account_bills())
    assert [(row["type"], row["subType"], row["ccy"], row["balChg"], row["bal"]) for row in rows] == [
        ("1", "12", "USDT", "-20", "10"),
        ("2", "1", "ETH", "0.00999", "1.00999"),
        ("2", "2", "USDT", "-30", "30"),
        ("1", "11", "USDT", "60", "60"),
        ("1", "11", "ETH", "1", "1"),
    ]
    assert data(account.get_account_bills_archive()) == rows
    assert data(account.get_account_bills(type="1", ccy="USDT")) == [rows[0], rows[3]]
    assert data(account.get_account_bills(instType="SPOT", subType="2")) == [rows[2]]
    assert data(account.get_account_bills(after=rows[1]["billId"], limit="2")) == rows[2:4]
    assert [(row["type"], row["balChg"], row["bal"]) for row in data(funding.get_bills())] == [
        ("130", "20", "60"),
        ("131", "-60", "40"),
        ("1", "100", "100"),
    ]
    equity = {row["ccy"]: row["eq"] for row in data(account.get_account_balance())[0]["details"]}
    assert equity == {"ETH": "1.00999", "USDT": "10"}
    venue.control("market/release", {"instId": "ETH-USDT"})


def test_a_flexible_loan_from_borrow_to_close(venue: Served) -> None:
    """1,000 USDT on 0.1 BTC, an hour of interest at 7.3 % (0.00833334, up at 8 decimals), repaid and closed."""
    venue.control("rates", {"ccy": "USDT", "apr": "0.073"})
    venue.control("clock/advance", {"by": "1h"})
    key = venue.new_user("loan")
    loans, funding = api(FlexibleLoanAPI, venue, key), api(FundingAPI, venue, key)
    for ccy, amount in (("BTC", "0.1"), ("USDT", "10")):
        venue.control("users/loan/balance", {"account": "funding", "ccy": ccy, "amt": amount})
    order = data(
        loans.borrow({"ccy": "USDT", "amt": "1000"}, "open-1", collateralData=[{"ccy": "BTC", "amt": "0.09"}])
    )[0]["ordId"]
    again = loans.borrow({"ccy": "USDT", "amt": "1000"}, "open-1", collateralData=[{"ccy": "BTC", "amt": "0.09"}])
    assert again["code"] == "51016"
    data(loans.adjust_collateral("add", "BTC", "0.01"))
    data(loans.adjust_collateral("reduce", "BTC", "0.005"))
    venue.control("clock/advance", {"by": "1h"})
    info = data(loans.loan_info())[0]
    assert info["loanData"] == [{"amt": "1000.00833334", "ccy": "USDT"}]
    assert info["collateralData"] == [{"amt": "0.095", "ccy": "BTC"}]
    assert (info["marginCallLTV"], info["liqLTV"]) == ("0.8655", "0.9655")
    data(loans.repay(order, "USDT", "2000", "close-1"))
    assert data(loans.loan_info()) == []
    assert {row["ccy"]: row["bal"] for row in data(funding.get_balances())} == {"BTC": "0.1", "USDT": "9.99166666"}
    history = data(loans.loan_history())
    assert [(row["type"], row["ccy"], row["amt"]) for row in history] == [
        ("collateral_released", "BTC", "0.095"),
        ("repaid", "USDT", "-1000.00833334"),
        ("collateral_released", "BTC", "0.005"),
        ("collateral_locked", "BTC", "-0.01"),
        ("borrowed", "USDT", "1000"),
        ("collateral_locked", "BTC", "-0.09"),
    ]
    assert data(loans.loan_history(type="repaid")) == [history[1]]
    # Both cursors shut out the row they name.
    assert data(loans.loan_history(after=history[1]["refId"], limit="2")) == history[2:4]
    assert data(loans.loan_history(before=history[1]["refId"])) == history[:1]


def test_a_main_account_looks_after_its_sub_accounts(venue: Served) -> None:
    """List, leave to give away, balances of both accounts, and coins moved between two of them."""
    main = venue.new_user("desk", BTC="1")
    for name in ("desk-one", "desk-two"):
        venue.control("users", {"name": name, "master": "desk"})
        venue.control(f"users/{name}/balance", {"account": "funding", "ccy": "ETH", "amt": "2"})
    subs, funding = api(SubAccountAPI, venue, main), api(FundingAPI, venue, main)
    assert [row["subAcct"] for row in data(subs.get_subaccount_list(enable="true"))] == ["desk-two", "desk-one"]
    assert data(subs.set_permission_transfer_out("desk-one,desk-two", True)) == [
        {"subAcct": "desk-one", "canTransOut": True},
        {"subAcct": "desk-two", "canTransOut": True},
    ]
    assert data(subs.get_subaccount_list(subAcct="desk-one"))[0]["canTransOut"] is True

    data(funding.funds_transfer("BTC", "0.4", "18", "18", type="1", subAcct="desk-one"))
    (moved,) = data(subs.subAccount_transfer("ETH", "0.5", "6", "18", "desk-one", "desk-two"))
    assert data(funding.transfer_state(moved["transId"]))[0]["state"] == "success"
    assert data(subs.get_funding_balance("desk-one", "ETH")) == [
        {"availBal": "1.5", "bal": "1.5", "ccy": "ETH", "frozenBal": "0"}
    ]
    for name, ccy, held in (("desk-one", "BTC", "0.4"), ("desk-two", "ETH", "0.5")):
        details = data(subs.get_account_balance(name))[0]["details"]
        assert [(detail["ccy"], detail["cashBal"]) for detail in details] == [(ccy, held)]
    (record,) = data(subs.bills(subAcct="desk-one"))
    assert (record["type"], record["amt"], record["ccy"]) == ("0", "0.4", "BTC")
    assert data(subs.bills(subAcct="desk-two")) == []
    assert subs.get_account_balance("alice")["code"] == "59510"
    assert subs.subAccount_transfer("ETH", "0.5", "6", "6", "desk-one", "alice")["code"] == "58115"


def test_a_main_account_and_its_sub_account(venue: Served) -> None:
    """Coins go down and come back, each asked for by its own kind of key; quota and level are shared.

    On VIP1 the quota of 500,000 USDT is 3,000,000. What the main account owes is missing for the sub-account.
    """
    main = venue.new_user("fund", BTC="1")
    venue.control("market/price", {"instId": "BTC-USDT", "px": "40000"})
    venue.control("users", {"name": "fund-bot", "master": "fund"})
    venue.control("users/fund-bot/spot-borrow", {"enabled": True})
    made = venue.control("users/fund-bot/keys", {"permissions": ["read", "trade"]})
    sub = made["api_key"], made["secret_key"], made["passphrase"]
    account, funding = api(AccountAPI, venue, main), api(FundingAPI, venue, main)
    sub_account, sub_funding = api(AccountAPI, venue, sub), api(FundingAPI, venue, sub)
    mine, theirs = data(account.get_account_config())[0], data(sub_account.get_account_config())[0]
    assert (mine["uid"], mine["mainUid"], mine["type"]) == (mine["uid"], mine["uid"], "0")
    assert (theirs["mainUid"], theirs["type"], theirs["level"]) == (mine["uid"], "1", "Lv1")
    assert theirs["uid"] != mine["uid"]

    (down,) = data(funding.funds_transfer("BTC", "0.4", "18", "18", type="1", subAcct="fund-bot"))
    (state,) = data(funding.transfer_state(down["transId"], type="1"))
    assert (state["state"], state["subAcct"], state["amt"], state["type"]) == ("success", "fund-bot", "0.4", "1")
    data(sub_funding.funds_transfer("BTC", "0.1", "18", "6", type="3"))
    data(funding.funds_transfer("BTC", "0.05", "18", "6", type="2", subAcct="fund-bot"))
    assert data(funding.get_balances("BTC"))[0]["bal"] == "0.15"
    assert data(sub_account.get_account_balance("BTC"))[0]["details"][0]["cashBal"] == "0.25"
    assert funding.funds_transfer("BTC", "0.1", "18", "6", type="3")["code"] == "58127"
    assert sub_funding.funds_transfer("BTC", "0.1", "6", "6", type="1", subAcct="fund-bot")["code"] == "58128"
    assert funding.funds_transfer("BTC", "0.1", "18", "6", type="1", subAcct="alice")["code"] == "58115"

    data(account.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt="1000"))
    venue.control("users/fund/level", {"level": "VIP1"})
    for who, used in ((account, "1000.00000000"), (sub_account, "0.00000000")):
        (record,) = data(who.get_interest_limits(ccy="USDT"))[0]["records"]
        found = (record["loanQuota"], record["usedLmt"], record["surplusLmt"])
        assert found == ("3000000.00000000", used, "2999000.00000000")
        assert data(who.get_account_config())[0]["level"] == "VIP1"
    (table,) = data(api(PublicAPI, venue, main).get_interest_rate_loan_quota())
    quota = next(row["quota"] for row in table["basic"] if row["ccy"] == "USDT")
    times = next(row["loanQuotaCoef"] for row in table["vip"] if row["level"] == "VIP1")
    assert (quota, times) == ("500000", "6")


def test_convert_quote_trade_history(venue: Served) -> None:
    key = venue.new_user("convert", USDT="100")
    convert = api(ConvertAPI, venue, key)
    quote = data(convert.estimate_quote("ETH", "USDT", "buy", "30", "USDT", "myquote1"))[0]
    assert (quote["clQReqId"], quote["ttlMs"], quote["quoteSz"]) == ("myquote1", "10000", "30")
    trade = data(convert.convert_trade(quote["quoteId"], "ETH", "USDT", "buy", "30", "USDT", "mytrade1"))[0]
    assert (trade["state"], trade["fillBaseSz"]) == ("fullyFilled", quote["baseSz"])
    used = convert.convert_trade(quote["quoteId"], "ETH", "USDT", "buy", "30", "USDT", "mytrade2")
    assert used["code"] == "52921"
    tagged = data(convert.estimate_quote("ETH", "USDT", "buy", "10", "USDT", tag="desk"))[0]
    data(convert.convert_trade(tagged["quoteId"], "ETH", "USDT", "buy", "10", "USDT", "mytrade3", tag="desk"))
    # A trade made with a tag is found only with the tag.
    assert [row["clTReqId"] for row in data(convert.get_convert_history())] == ["mytrade1"]
    assert [row["clTReqId"] for row in data(convert.get_convert_history(tag="desk"))] == ["mytrade3"]
    late = data(convert.estimate_quote("ETH", "USDT", "buy", "10", "USDT"))[0]
    venue.advance(10_001)
    assert convert.convert_trade(late["quoteId"], "ETH", "USDT", "buy", "10", "USDT")["code"] == "52922"


def test_small_balances_become_one_coin(venue: Served) -> None:
    """6.5807127 ADA at 0.5 less half a spread of 0.2 %: 3.2837756373 USDT; what is finer than 10^-8 stays."""
    key = venue.new_user("dust", ADA="6.580712708344864", BTC="0.1")
    trade = api(TradeAPI, venue, key)
    venue.control("market/price", {"instId": "ADA-USDT", "px": "0.5"})
    listed = data(trade.get_easy_convert_currency_list())[0]
    assert listed["fromData"] == [{"fromAmt": "6.580712708344864", "fromCcy": "ADA"}]
    assert listed["toCcy"] == ["USDT", "BTC", "ETH", "OKB"]
    assert trade.easy_convert(["ADA", "BTC"], "USDT")["code"] == "59124"
    (row,) = data(trade.easy_convert(["ADA"], "USDT"))
    assert (row["fillFromSz"], row["fillToSz"], row["status"]) == ("6.5807127", "3.2837756373", "running")
    (filled,) = data(trade.get_easy_convert_history())
    assert (filled["fillToSz"], filled["status"], filled["acct"]) == ("3.2837756373000000", "filled", "18")
    venue.control("market/release", {"instId": "ADA-USDT"})


def test_an_order_from_place_to_cancel_and_fill(venue: Served) -> None:
    key = venue.new_user("orders", USDT="1000", borrow=False)
    trade = api(TradeAPI, venue, key)
    venue.control("market/book", {"instId": "ETH-USDT", "bids": [["2999", "5"]], "asks": [["3000", "5"]]})
    resting = data(trade.place_order("ETH-USDT", "cash", "buy", "limit", "0.1", px="2990", clOrdId="rest1"))[0]
    assert (resting["sCode"], resting["clOrdId"]) == ("0", "rest1")
    seen = data(trade.get_order("ETH-USDT", clOrdId="rest1"))[0]
    assert (seen["state"], seen["ordId"], seen["accFillSz"]) == ("live", resting["ordId"], "0")
    assert data(trade.get_order_list(instId="ETH-USDT")) == [seen]
    assert data(trade.cancel_order("ETH-USDT", ordId=resting["ordId"]))[0]["sCode"] == "0"
    assert data(trade.get_order("ETH-USDT", ordId=resting["ordId"]))[0]["state"] == "canceled"
    first, second = data(trade.place_multiple_orders([REST | {"px": "2980"}, REST | {"px": "2981"}]))
    data(trade.amend_order("ETH-USDT", ordId=first["ordId"], newSz="0.2", newPx="2985", reqId="r1"))
    assert data(trade.get_order("ETH-USDT", ordId=first["ordId"]))[0]["px"] == "2985"
    changes = [{"instId": "ETH-USDT", "ordId": one["ordId"], "newSz": "0.05"} for one in (first, second)]
    assert [row["sCode"] for row in data(trade.amend_multiple_orders(changes))] == ["0", "0"]
    cancels = [{"instId": "ETH-USDT", "ordId": one["ordId"]} for one in (first, second)]
    assert [row["sCode"] for row in data(trade.cancel_multiple_orders(cancels))] == ["0", "0"]
    gone = trade.cancel_order("ETH-USDT", ordId=resting["ordId"])
    assert (gone["code"], gone["data"][0]["sCode"]) == ("1", "51400")
    taken = data(trade.place_order("ETH-USDT", "cash", "buy", "market", "300", tgtCcy="quote_ccy"))[0]
    filled = data(trade.get_order("ETH-USDT", ordId=taken["ordId"]))[0]
    assert data(trade.get_orders_history("SPOT", instId="ETH-USDT", ordType="market")) == [filled]
    assert data(trade.get_orders_history_archive("SPOT")) == [filled]
    (fill,) = data(trade.get_fills(ordId=taken["ordId"]))
    assert (fill["fillPx"], fill["fillSz"], fill["tradeId"]) == ("3000", "0.1", filled["tradeId"])
    assert data(trade.get_fills_history("SPOT")) == [fill]
    # 300 USDT at 3000 buy 0.1 ETH, the taker's fee of 0.1 % comes off the ETH.
    assert (filled["state"], filled["accFillSz"], filled["avgPx"]) == ("filled", "0.1", "3000")
    assert (filled["fee"], filled["feeCcy"]) == ("-0.0001", "ETH")
    short = trade.place_order("ETH-USDT", "cash", "buy", "limit", "10", px="2990")
    assert (short["code"], short["data"][0]["sCode"]) == ("1", "51008")
    venue.control("market/release", {"instId": "ETH-USDT"})


def test_a_read_key_cannot_trade(venue: Served) -> None:
    reading = api(AccountAPI, venue, venue.key("alice", 1))
    assert data(reading.get_account_config())[0]["perm"] == "read_only"
    assert reading.set_auto_repay(autoRepay=True)["code"] == "50120"


def test_one_warning_is_let_through() -> None:
    """`utcnow` of python-okx alone: neither asked for elsewhere nor anything else that python-okx is warned of."""
    text = "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version."

    def warn(text: str, module: str, kind: type[Warning] = DeprecationWarning) -> None:
        warnings.warn_explicit(text, kind, "file.py", 1, module)

    warn(text, "okx.utils")
    for other in (
        (text, "okx.utils.more"),
        (text, "tallystick.okx.utils"),
        ("datetime.datetime.utcfromtimestamp() is deprecated", "okx.utils"),
        (text, "okx.utils", FutureWarning),
    ):
        with pytest.raises(Warning):
            warn(*other)
