"""The shape of every answer of every endpoint, on its good way and on every bad one. Invariants A1, A2, A6."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from tallystick.contract import ENDPOINTS, by_name, by_route
from tallystick.contract.core import Endpoint, Permission
from tallystick.contract.errors import ERRORS, has_data
from tallystick.contract.fields import fields
from tallystick.server.request import BODY_BYTES_MAX
from tallystick.venue.keys import Credentials
from tallystick.views import VIEWS, BatchView, CommandView, errors
from tests.server.harness import Response, World, within
from tests.wire.requests import good

GOOD: dict[str, dict[str, Any]] = {
    "one_click_repay_v2": {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]},
    "set_auto_repay": {"autoRepay": True},
    "spot_manual_borrow_repay": {"ccy": "USDC", "side": "repay", "amt": "1"},
    "transfer": {"ccy": "USDT", "amt": "1.5", "from": "6", "to": "18"},
    "place_order": {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "9"},
    "convert_currency_pair": {"fromCcy": "BTC", "toCcy": "USDT"},
    "convert_estimate_quote": {
        "baseCcy": "BTC",
        "quoteCcy": "USDT",
        "side": "buy",
        "rfqSz": "30",
        "rfqSzCcy": "USDT",
    },
    "loan_borrow": {
        "loanData": {"ccy": "USDT", "amt": "100"},
        "collateralData": [{"ccy": "BTC", "amt": "0.1"}],
        "clOrdId": "first",
    },
}
GOOD["subaccount_transfer"] = {
    **GOOD["transfer"],
    "to": "6",
    "fromSubAccount": "mini",
    "toSubAccount": "second",
}
GOOD["index_components"] = {"index": "BTC-USDT"}
GOOD["position_tiers"] = {"instType": "MARGIN", "tdMode": "cross", "ccy": "BTC"}
GOOD["deposit_status"] = {"wdId": "1"}
GOOD["max_size"] = {"instId": ["BTC-USDT", "ETH-USDT"], "tdMode": "cash"}
GOOD["max_avail_size"] = GOOD["max_size"]
GOOD["adjust_leverage"] = {"instType": "MARGIN", "mgnMode": "cross", "lever": "5", "ccy": "USDT"}
GOOD["set_account_level"] = {"acctLv": "1"}
GOOD["set_isolated_mode"] = {"isoMode": "automatic", "type": "MARGIN"}
GOOD["mark_price"] = {"instType": "MARGIN"}
GOOD["insurance_fund"] = {"instType": "MARGIN"}
GOOD["batch_orders"] = GOOD["place_order"]
"""Requests this world fulfils; endpoints not named here are sent their required parameters."""

SETTLED = {"set_isolated_mode", "set_fee_type", "set_trading_config"}
"""Settings that have one value here: choosing it again changes nothing."""
READ_BY_POST = {"loan_max_loan", *SETTLED}
"""A POST that changes nothing and needs no more than Read (documented)."""

OF_OTHER_MODES = {"set_auto_loan", "set_collateral_assets", "one_click_repay"}
"""Commands that alice, who is in Spot mode, may not give; tests of other modes give them."""

ALWAYS_REFUSED: dict[str, str] = {
    "funding_rate": "51001",
    "contract_coin": "51001",
    "switch_preset": "51010",
    "set_position_mode": "51010",
    "set_settle_ccy": "59686",
    "set_auto_earn": "59671",
    "set_auto_loan": "51010",
    "risk_state": "51010",
    "set_collateral_assets": "51010",
    "deposit_address": "58301",
    "withdrawal": "50038",
    "mass_cancel": "51010",
    "order_precheck": "51010",
    "close_position": "51010",
    "get_algo_order": "51603",
    "one_click_repay_currency_list": "51010",
    "one_click_repay": "51010",
    "one_click_repay_history": "51010",
    "cancel_withdrawal": "58215",
    "deposit_status": "58215",
}
"""Endpoints of things that this venue, or the Spot mode, does not have: a good request hears this code."""
each = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
private = [endpoint for endpoint in ENDPOINTS if endpoint.permission is not None]


async def entitled(here: World, endpoint: Endpoint) -> Credentials:
    """alice's key, or one of hers that may withdraw."""
    if endpoint.permission is not Permission.WITHDRAW:
        return here.alice
    made = await here.control("POST", "users/alice/keys", {"permissions": ["read", "trade", "withdraw"]})
    return msgspec.convert({**made.json(), "ok": None}, Credentials)


async def call(here: World, endpoint: Endpoint, values: dict[str, Any], **changes: Any) -> Response:
    if "key" not in changes:
        changes["key"] = await entitled(here, endpoint)
    if endpoint.batch_max:
        return await here.signed("POST", endpoint.path, [values], **changes)
    if endpoint.method == "POST":
        return await here.signed("POST", endpoint.path, values, **changes)
    query = urlencode({name: ",".join(v) if isinstance(v, list) else v for name, v in values.items()})
    return await here.signed("GET", f"{endpoint.path}?{query}" if query else endpoint.path, **changes)


async def good_values(here: World, endpoint: Endpoint) -> dict[str, Any]:
    async def first(name: str) -> Any:
        return (await call(here, by_name[name], GOOD[name])).json()["data"][0]

    if endpoint.section == "subaccounts":
        for name in ("mini", "second"):
            await here.control("POST", "users", {"name": name, "master": "alice"})
            await here.control("POST", f"users/{name}/balance", {"account": "funding", "ccy": "USDT", "amt": "5"})
    match endpoint.name:
        case "amend_order" | "amend_batch_orders":
            return {"instId": "BTC-USDT", "ordId": (await first("place_order"))["ordId"], "newSz": "0.02"}
        case "cancel_order" | "cancel_batch_orders" | "get_order":
            return {"instId": "BTC-USDT", "ordId": (await first("place_order"))["ordId"]}
        case "transfer_state":
            return {"transId": (await first("transfer"))["transId"]}
        case "convert_trade":
            quote = await first("convert_estimate_quote")
            return {
                "quoteId": quote["quoteId"],
                "baseCcy": "BTC",
                "quoteCcy": "USDT",
                "side": "buy",
                "sz": "30",
                "szCcy": "USDT",
            }
        case "easy_convert":
            small = {"account": "trading", "ccy": "ADA", "amt": "1.5"}
            assert (await here.control("POST", "users/alice/balance", small)).status == 200
            return {"fromCcy": ["ADA"], "toCcy": "USDT"}
        case "loan_repay":
            order = (await first("loan_borrow"))["ordId"]
            return {"ordId": order, "ccy": "USDT", "amt": "10", "clOrdId": "second"}
        case "loan_adjust_collateral":
            await first("loan_borrow")
            return {"type": "add", "collateralCcy": "BTC", "collateralAmt": "0.1"}
    return GOOD.get(endpoint.name) or good(endpoint)


def is_well_formed(answer: Response) -> dict[str, Any]:
    """JSON with a documented code at its documented status."""
    assert answer.headers[b"content-type"] == b"application/json"
    found: dict[str, Any] = answer.json()
    assert isinstance(found["code"], str)
    assert isinstance(found["msg"], str)
    return found


def is_refusal(answer: Response, code: str) -> dict[str, Any]:
    found = is_well_formed(answer)
    assert found["code"] == code
    assert answer.status == ERRORS[code].http_status
    assert found["msg"]
    assert "{" not in found["msg"], "a placeholder nobody filled"
    assert set(found) == {"code", "msg"} | ({"data"} if has_data(code) else set())
    assert found.get("data", []) == []
    return found


def is_refused(endpoint: Endpoint, answer: Response, code: str) -> str:
    """The words of a refusal of what was asked: of an order in its item, of anything else the whole answer."""
    if not endpoint.per_item:
        words: str = is_refusal(answer, code)["msg"]
        return words
    found = is_well_formed(answer)
    assert (answer.status, found["code"], found["msg"]) == (200, "1", "All operations failed")
    (row,) = found["data"]
    assert row["sCode"] == code
    message: str = row["sMsg"]
    return message


@each
def test_success(endpoint: Endpoint) -> None:
    async def story(here: World) -> None:
        values = await good_values(here, endpoint)
        answer = await call(here, endpoint, values)
        if endpoint.name in ALWAYS_REFUSED:
            is_refusal(answer, ALWAYS_REFUSED[endpoint.name])
            return
        found = is_well_formed(answer)
        assert (answer.status, found["code"], found["msg"]) == (200, "0", ""), found
        members = {"code", "data", "msg"} | ({"inTime", "outTime"} if endpoint.per_item else set())
        assert set(found) == members
        if not endpoint.per_item:
            assert ",".join(found) == endpoint.envelope
        for row in [found["data"]] if endpoint.bare else found["data"]:
            parsed = msgspec.convert(row, endpoint.answer)
            assert json.loads(msgspec.json.encode(parsed)) == row

    within(story)


@each
def test_a_read_key_and_every_get_leave_no_event(endpoint: Endpoint) -> None:
    async def story(here: World) -> None:
        values = await good_values(here, endpoint)
        before = await here.seq_and_hash()
        answer = await call(here, endpoint, values, key=here.reader)
        if endpoint.permission is not None and endpoint.permission.value != "read_only":
            is_refusal(answer, "50120")
        else:
            assert answer.code == ALWAYS_REFUSED.get(endpoint.name, "0")
        commands = isinstance(VIEWS.get(endpoint.name), CommandView | BatchView)
        passive = {*READ_BY_POST, *ALWAYS_REFUSED} - OF_OTHER_MODES
        changes = endpoint.method == "POST" and endpoint.name not in passive
        assert commands == changes
        assert await here.seq_and_hash() == before

    within(story)


@each
def test_wrong_method(endpoint: Endpoint) -> None:
    async def story(here: World) -> None:
        for method in ("DELETE", "PUT", "TRACE", "HEAD", "OPTIONS", "PATCH"):
            answer = await here.signed(method, endpoint.path)
            is_refusal(answer, "50115")
            assert set(answer.headers[b"allow"].decode().split(", ")) == set(by_route[endpoint.path])

    within(story)


@pytest.mark.parametrize("endpoint", private, ids=lambda endpoint: endpoint.name)
def test_unsigned(endpoint: Endpoint) -> None:
    async def story(here: World) -> None:
        is_refusal(await here.ask(endpoint.method, endpoint.path), "50103")

    within(story)


BODIES = [
    (b"", "50000"),
    (b" \r\n", "50000"),
    (b'{"a":1,}', "50002"),
    (b"[]", "50002"),
    (b"null", "50002"),
    (b'{"a":"1","a":"2"}', "50002"),
    (b'"\xff"', "50002"),
    (b"[" * 30_000, "50002"),
    (b'{"a":NaN}', "50002"),
    (json.dumps({f"k{number}": 1 for number in range(65)}).encode(), "51000"),
]


@pytest.mark.parametrize(
    "endpoint", [endpoint for endpoint in ENDPOINTS if endpoint.method == "POST"], ids=lambda endpoint: endpoint.name
)
def test_bodies_that_are_none(endpoint: Endpoint) -> None:
    async def story(here: World) -> None:
        key = await entitled(here, endpoint)
        before = await here.seq_and_hash()
        for body, code in BODIES:
            if code == "50000" and endpoint.no_body_needed:
                continue
            if endpoint.batch_max:
                # A list is what it wants, though not an empty one.
                code = {b"[]": "50014"}.get(body, "50002" if code == "51000" else code)
            elif endpoint.per_item and code == "51000":
                # An order with too many parameters is one, and is refused as one.
                is_refused(endpoint, await here.signed("POST", endpoint.path, body, key=key), code)
                continue
            found = is_refusal(await here.signed("POST", endpoint.path, body, key=key), code)
            assert "data" in found
        for content_type in ("text/plain", "application/x-www-form-urlencoded"):
            is_refusal(await here.signed("POST", endpoint.path, b"{}", key=key, content_type=content_type), "50006")
        assert await here.seq_and_hash() == before

    within(story)


@pytest.mark.parametrize(
    "endpoint",
    [e for e in ENDPOINTS if not e.batch_max and any(field.required for field in fields(e.request))],
    ids=lambda endpoint: endpoint.name,
)
def test_the_first_missing_parameter_in_declared_order(endpoint: Endpoint) -> None:
    async def story(here: World) -> None:
        values = good(endpoint)
        missing = [field.name for field in fields(endpoint.request) if field.required]
        for name in reversed(missing):
            values.pop(name)
            said = is_refused(endpoint, await call(here, endpoint, values or {"x": "y"}), "50014")
            assert said == f"Parameter {name} can not be empty."

    within(story)


def test_unknown_paths() -> None:
    async def story(here: World) -> None:
        known = "/api/v5/account/balance"
        paths = (
            "/api/v5/nope",
            known + "/",
            known.upper(),
            "/api/v5/../control",
            "/api%2fv5%2fpublic%2ftime",
            "/tally",
        )
        for path in paths:
            answer = await here.ask("GET", path)
            assert answer.status == 404, path
            assert answer.json() == {
                "code": 404,
                "data": {},
                "detailMsg": "",
                "error_code": "404",
                "error_message": "Not Found",
                "msg": "Not Found",
            }

    within(story)


def test_the_address_alone_leads_on() -> None:
    async def story(here: World) -> None:
        answer = await here.ask("GET", "/")
        assert answer.status == 200
        assert "tally console" in answer.json()["page"]
        assert (await here.ask("GET", answer.json()["openapi"])).status == 200
        assert (await here.ask("POST", "/")).status == 404

    within(story)


def test_unknown_parameters_are_named_with_what_was_meant() -> None:
    async def story(here: World) -> None:
        values = {**GOOD["one_click_repay_v2"], "debtCcyy": "USDT", "tag": "x\u00e9\r\ny"}
        answer = await here.signed("POST", "/api/v5/trade/one-click-repay-v2", values)
        assert answer.code == "0"
        lint = answer.headers[b"x-tally-lint"].decode("ascii")
        assert "unknown parameter debtCcyy, did you mean debtCcy?" in lint
        assert "unknown parameter tag" in lint
        odd = await here.signed("GET", "/api/v5/account/balance?%0d%0aset-cookie:%20x=1")
        assert odd.code == "0"
        assert odd.headers[b"x-tally-lint"].isascii()
        assert not set(odd.headers[b"x-tally-lint"]) & set(b"\r\n")
        assert b"x-tally-lint" not in (await here.signed("GET", "/api/v5/account/balance?ccy=BTC")).headers

    within(story)


def test_sizes_and_encodings() -> None:
    async def story(here: World) -> None:
        path = "/api/v5/trade/one-click-repay-v2"
        fits = b'{"debtCcy":"USDC","repayCcyList":["USDC"]' + b" " * (BODY_BYTES_MAX - 42) + b"}"
        assert len(fits) == BODY_BYTES_MAX
        assert (await here.signed("POST", path, fits)).code == "0"
        before = await here.seq_and_hash()
        framings: tuple[dict[str, Any], ...] = ({}, {"transfer_encoding": "chunked"})
        for extra in framings:
            answer = await here.signed("POST", path, fits + b" ", **extra)
            assert (answer.status, answer.code, answer.headers[b"connection"]) == (413, "51000", b"close")
        answer = await here.signed("POST", path, b"{}", content_encoding="gzip")
        assert (answer.status, answer.code, answer.headers[b"connection"]) == (415, "50006", b"close")
        assert await here.seq_and_hash() == before

    within(story)


def test_orders_say_no_inside_of_the_item() -> None:
    async def story(here: World) -> None:
        values = {**GOOD["place_order"], "px": "9.123456"}
        answer = await call(here, by_name["place_order"], values)
        found = is_well_formed(answer)
        assert (answer.status, found["code"]) == (200, "1")
        assert found["data"][0]["sCode"] == "51150"
        chinese = (await call(here, by_name["place_order"], values, accept_language="zh-CN")).json()
        assert chinese["data"][0]["sMsg"] != found["data"][0]["sMsg"]

    within(story)


@each
def test_a_halted_venue_says_that_a_restart_is_needed_and_nothing_else(endpoint: Endpoint) -> None:
    async def story(here: World) -> None:
        values = good(endpoint)
        key = await entitled(here, endpoint)
        await here.venue.stop()
        answer = await call(here, endpoint, values, key=key)
        found = is_refusal(answer, "50001")
        assert answer.status == 503
        assert found["msg"] == "Service temporarily unavailable. The venue has halted and must be restarted."
        chinese = await call(here, endpoint, values, key=key, accept_language="zh-CN")
        assert chinese.json()["msg"] == "服务暂不可用。平台已停止运行，需要重新启动"

    within(story)


def test_a_bug_is_answered_and_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(here: World) -> None:
        def broken(*_: object) -> None:
            raise KeyError("planted")

        route = here.app.routes[b"/api/v5/account/balance"]["GET"]
        monkeypatch.setattr(route, "steps", (broken,))
        with caplog.at_level(logging.ERROR, "tallystick"):
            is_refusal(await here.signed("GET", "/api/v5/account/balance"), "50026")
        assert "planted" in caplog.text

    within(story)


def test_every_code_a_view_can_say_has_its_words() -> None:
    codes = {*errors.CODES.values(), *(code for other in errors.OTHER_CODES.values() for code in other.values())}
    assert codes <= set(ERRORS)
