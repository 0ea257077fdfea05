"""Reasons of refusals: each place that refuses gives one, with the numbers that decided it and the lever."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tallystick.contract.errors import ERRORS
from tallystick.contract.reasons import REASONS, reason_text
from tallystick.engine.amounts import ONE
from tallystick.engine.rejects import Reject
from tallystick.server.control.endpoints import ENDPOINTS as CONTROL
from tallystick.server.reasons import reason_of
from tallystick.server.ways import CODES
from tests.server.harness import AT_MS, World, within
from tests.tidy import files
from tests.venue.machine import HandMachine

PLACEHOLDER = re.compile(r"(?<!\{)\{([a-z_]+)\}")
GIVEN = {"name"}
"""Facts that every refusal has: the server adds the user's name."""


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (
            getattr(node.func, "id", "") == name or getattr(node.func, "attr", "") == name
        ):
            yield node


def sources(*rooms: str) -> list[tuple[str, ast.Module]]:
    return [
        (path.relative_to(files.PACKAGE).as_posix(), files.tree_of(path))
        for path in files.package_files()
        if files.room_of(path) in rooms
    ]


def unexplained(tree: ast.AST) -> list[int]:
    """Lines that raise an engine's refusal without facts."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
        and node.exc.func.id == "Rejected"
    ]


@pytest.mark.parametrize(("name", "tree"), sources("engine", "views"), ids=lambda it: it if isinstance(it, str) else "")
def test_every_refusal_of_the_engine_is_raised_with_its_facts(name: str, tree: ast.Module) -> None:
    assert unexplained(tree) == [], "raise Rejected(...).because(...)"


def test_the_rule_of_facts_can_fail() -> None:
    assert unexplained(ast.parse("raise Rejected(Reject.NO_DEBT)")) == [1]
    assert unexplained(ast.parse("raise Rejected(Reject.NO_DEBT).because(ccy=ccy)")) == []


def facts_by_reason() -> dict[str, list[set[str]]]:
    """Reason -> names of the facts at each place that gives it, where both are literal."""
    found: dict[str, list[set[str]]] = {}
    for _, tree in sources("engine", "views"):
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
            named = {ast.unparse(node)[len("Reject.") :] for node in ast.walk(function) if _is_reject(node)}
            for call in calls(function, "because"):
                if not isinstance(call.func, ast.Attribute):
                    continue
                own = {ast.unparse(node)[len("Reject.") :] for node in ast.walk(call.func.value) if _is_reject(node)}
                variant = str(call.args[0].value) if call.args and isinstance(call.args[0], ast.Constant) else ""
                for reject in own or (named if len(named) == 1 else set()):
                    name = f"{reject.lower()}/{variant}" if variant else reject.lower()
                    found.setdefault(name, []).append({word.arg or "" for word in call.keywords})
    return found


def _is_reject(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reject"


def test_the_facts_of_each_place_fill_the_words() -> None:
    found = facts_by_reason()
    assert len(found) > 60
    for name, places in found.items():
        text = reason_text(name)
        assert text is not None or reason_text(f"{name}/") or _only_variants(name), f"{name} has no words"
        if text is None:
            continue
        wanted = {word for words in (text.en, text.zh, *text.levers) for word in PLACEHOLDER.findall(words)} - GIVEN
        for facts in places:
            assert wanted <= facts, f"{name} lacks {wanted - facts}"


def _only_variants(name: str) -> bool:
    return any(known.startswith(f"{name}/") for known in REASONS)


@pytest.mark.parametrize("reject", Reject, ids=lambda reject: reject.name)
def test_every_refusal_of_the_engine_has_words(reject: Reject) -> None:
    name = reject.name.lower()
    generic = {"above_borrow_limit", "pool_exhausted", "order_above_quota", "order_pool_exhausted"}
    generic |= {"order_above_tier", "cross_order_above_tier"}
    assert reason_text(name) or _only_variants(name) or name in generic


@pytest.mark.parametrize("finding", CODES, ids=str)
def test_every_finding_of_a_step_has_words(finding: str) -> None:
    assert finding in REASONS


def test_every_code_that_a_view_refuses_with_has_words() -> None:
    codes = {
        part.value
        for _, tree in sources("views")
        for call in calls(tree, "Refusal")
        for part in ast.walk(call.args[0])
        if isinstance(part, ast.Constant) and part.value in ERRORS
    }
    assert len(codes) > 25
    assert sorted(code for code in codes if code not in REASONS and not code.startswith("6")) == []


@pytest.mark.parametrize(("name", "text"), REASONS.items(), ids=lambda it: it if isinstance(it, str) else "")
def test_words_are_in_both_languages_and_levers_are_calls_that_exist(name: str, text: Any) -> None:
    assert text.en
    assert text.zh
    assert text.en.isascii(), "a header has ASCII only"
    assert set(PLACEHOLDER.findall(text.zh)) == set(PLACEHOLDER.findall(text.en))
    paths = {(endpoint.method, endpoint.path.split("/")[0].split("?")[0]) for endpoint in CONTROL}
    for lever in text.levers:
        method, _, rest = lever.partition(" ")
        if method in ("GET", "POST", "DELETE") and not rest.startswith("/api/"):
            assert (method, re.split(r"[/ ]", rest)[0]) in paths, lever


# ---- worked examples: what is asked, and the header it answers with


async def reason(here: World, method: str, target: str, body: object = None, who: str = "alice") -> str:
    key = here.alice if who == "alice" else here.bob
    answer = await here.signed(method, target, body, key=key)
    return answer.headers[b"x-tally-reason"].decode("ascii")


BORROW = "/api/v5/account/spot-manual-borrow-repay"
ORDER = "/api/v5/trade/order"
REPAY = "/api/v5/trade/one-click-repay-v2"
QUOTE = "/api/v5/asset/convert/estimate-quote"
LOAN = "/api/v5/finance/flexible-loan/borrow"


def borrow(ccy: str, amt: str, side: str = "borrow") -> dict[str, str]:
    return {"ccy": ccy, "side": side, "amt": amt}


def limit(inst: str, side: str, px: str, sz: str, **more: str) -> dict[str, str]:
    return {"instId": inst, "tdMode": "cash", "side": side, "ordType": "limit", "px": px, "sz": sz, **more}


def quote(base: str, other: str, sz: str, side: str = "sell") -> dict[str, str]:
    return {"baseCcy": base, "quoteCcy": other, "side": side, "rfqSz": sz, "rfqSzCcy": base}


def loan(ccy: str, amt: str, pledged: str, pledged_amt: str) -> dict[str, object]:
    collateral = [{"ccy": pledged, "amt": pledged_amt}]
    return {"clOrdId": "a1", "loanData": {"ccy": ccy, "amt": amt}, "collateralData": collateral}


TOP_UP = 'POST users/alice/balance {"account": "trading", "ccy": "...", "amt": "..."}'
COINS = "BTC ETH USDT USDC SOL DOGE DOT LTC OKB ADA AVAX"
PAIRS = " ".join(f"{ccy}-USDT" for ccy in ["BTC", "ETH", "SOL", "DOGE", "DOT", "LTC", "OKB", "ADA", "AVAX", "USDC"])
EXAMPLES: list[tuple[str, object, str]] = [
    # 500,000 for everybody at Lv1, of which 500 is owed.
    (
        BORROW,
        borrow("USDT", "1000000"),
        "1000000 USDT to borrow: the quota of alice at level Lv1 leaves 499500: "
        'POST parameters {"currencies": {"USDT": {"quota": "..."}}} or POST users/alice/level {"level": "..."}',
    ),
    # Equity 0.98 x 40,000 + 0.98 x 15,000 + 2,000 - 90 = 55,810; debts of 600 take 200 of it at leverage 3.
    (
        BORROW,
        borrow("USDT", "200000"),
        "free margin 55610 USD, needed 66666.67: this is enough for 166830 USDT, you asked for 200000; "
        "a higher leverage needs less: "
        f"{TOP_UP} or POST /api/v5/account/set-leverage "
        '{"ccy": "USDT", "mgnMode": "cross", "lever": "..."}',
    ),
    (
        BORROW,
        borrow("DOT", "0.000001"),
        "you asked for 0.000001 DOT; the smallest amount to borrow is 0.1: "
        'POST parameters {"currencies": {"DOT": {"min_borrow": "..."}}}',
    ),
    (BORROW, borrow("XYZ", "1"), f"XYZ is not a coin here; there are {COINS}: GET parameters"),
    (BORROW, borrow("BTC", "1", "repay"), "nothing is owed in BTC; owed is: USDC,USDT"),
    # 4,000,000 less the 2,500 at hand.
    (
        ORDER,
        limit("BTC-USDT", "buy", "40000", "100"),
        "3997500 USDT to borrow: the quota of alice at level Lv1 leaves 499500: "
        'POST parameters {"currencies": {"USDT": {"quota": "..."}}} or POST users/alice/level {"level": "..."}',
    ),
    (ORDER, limit("BTC-USDT", "buy", "40000.05", "1"), "price 40000.05 is no multiple of the tick of BTC-USDT, 0.1"),
    (
        ORDER,
        limit("BTC-USDT", "buy", "40000", "0.000000015"),
        "size 0.000000015 is no multiple of the lot of BTC-USDT, 0.00000001",
    ),
    (
        ORDER,
        limit("BTC-USDT", "buy", "40000", "0.0000001"),
        "size 0.0000001 BTC is below the smallest order of BTC-USDT, 0.00001: "
        'POST parameters {"instruments": {"BTC-USDT": {"min_size": "..."}}}',
    ),
    (ORDER, limit("NOT-USDT", "buy", "1", "1"), f"NOT-USDT is not a pair here; there are {PAIRS}: GET parameters"),
    (
        "/api/v5/trade/cancel-order",
        {"instId": "BTC-USDT", "ordId": "7"},
        "alice has no open order 7 of BTC-USDT: it was filled, cancelled or never there",
    ),
    (
        REPAY,
        {"debtCcy": "USDC", "repayCcyList": ["BTC"]},
        "the account holds 10 USDC, so USDC must come first in the list; the list is: BTC",
    ),
    (REPAY, {"debtCcy": "BTC", "repayCcyList": ["BTC"]}, "nothing is owed in BTC; owed is: USDC,USDT"),
    (
        REPAY,
        {"debtCcy": "USDC", "repayCcyList": ["USDC", "SOL"]},
        "0 SOL is worth 0 USD, the least is 1: leave it out of the list: "
        'POST users/alice/balance {"account": "trading", "ccy": "SOL", "amt": "..."}',
    ),
    (
        QUOTE,
        quote("BTC", "USDT", "0.00000001"),
        'the amount is worth 0.0004 USD; the least is 1: POST parameters {"constants": {"convert_min_quote": "..."}}',
    ),
    (
        QUOTE,
        quote("BTC", "USDT", "1000"),
        "the amount is worth 40000000 USD; the most is 10000: "
        'POST parameters {"constants": {"convert_max_quote": "..."}}',
    ),
    # 2 BTC count 0.98 x 80,000 USD; 60,000 borrowed needs 1.4 times itself.
    (
        LOAN,
        loan("USDT", "60000", "BTC", "2"),
        "the collateral counts 78400 USD after its discounts, the initial LTV needs 84000: pledge more: "
        'POST users/alice/balance {"account": "funding", "ccy": "...", "amt": "..."} or '
        'POST market/price {"instId": "...", "px": "..."}',
    ),
    (
        LOAN,
        loan("USDT", "60000", "BTC", "10"),
        "2 BTC is free in the funding account of alice, 10 is needed: "
        'POST users/alice/balance {"account": "funding", "ccy": "BTC", "amt": "..."}',
    ),
    (
        LOAN,
        loan("USDT", "6", "USDT", "10"),
        "USDT is both borrowed and pledged; a loan may have it on one side only",
    ),
    (
        "/api/v5/asset/transfer",
        {"ccy": "BTC", "amt": "5", "from": "6", "to": "18"},
        "2 BTC is free in the funding account of alice, 5 is needed: "
        'POST users/alice/balance {"account": "funding", "ccy": "BTC", "amt": "..."}',
    ),
    (
        "/api/v5/account/set-leverage",
        {"ccy": "USDT", "mgnMode": "cross", "lever": "50"},
        "leverage 50 is above the highest, 10",
    ),
]


async def priced(here: World) -> None:
    """Give round prices to the coins that alice and bob have."""
    prices = {"BTC-USDT": "40000", "ETH-USDT": "3000", "USDC-USDT": "1", "DOT-USDT": "25"}
    assert (await here.control("POST", "market/prices", {"prices": prices})).status == 200


@pytest.mark.parametrize(("path", "body", "said"), EXAMPLES, ids=[f"{n}" for n in range(len(EXAMPLES))])
def test_a_worked_example(path: str, body: object, said: str) -> None:
    async def story(here: World) -> None:
        await priced(here)
        assert await reason(here, "POST", path, body) == said

    within(story)


def test_a_quote_that_ended_says_when() -> None:
    """It was good for ten seconds, and 11.5 have passed."""

    async def story(here: World) -> None:
        await priced(here)
        found = (await here.signed("POST", QUOTE, quote("BTC", "USDT", "0.01"))).json()["data"][0]
        await here.venue.advance(by_ms=11_500)
        trade = {"quoteId": found["quoteId"], "baseCcy": "BTC", "quoteCcy": "USDT", "side": "sell"}
        said = await reason(here, "POST", "/api/v5/asset/convert/trade", {**trade, "sz": "0.01", "szCcy": "BTC"})
        assert said.startswith("the quote ended at 2026-01-15T18:00:10.000Z, 1.5 s before this request: ")

    within(story)


def test_a_pool_that_lenders_left_and_a_fund_that_is_empty() -> None:
    async def story(here: World) -> None:
        await priced(here)
        assert (await here.control("POST", "pools", {"ccy": "ETH", "amt": "-79999.5"})).status == 200
        said = await reason(here, "POST", BORROW, borrow("ETH", "1"))
        assert said == '1 ETH to borrow: the pool has 0.5 to lend: POST pools {"ccy": "ETH", "amt": "..."}'
        fund = (await here.control("GET", "fund")).json()["amt"]
        assert (await here.control("POST", "fund", {"amt": f"-{fund}"})).status == 200
        said = await reason(here, "POST", BORROW, borrow("ETH", "0.1"))
        assert said == ('0.1 ETH to borrow: the insurance fund is empty, so nothing is lent: POST fund {"amt": "..."}')

    within(story)


def test_a_transfer_that_the_debts_do_not_allow_says_equity_and_margin() -> None:
    async def story(here: World) -> None:
        # Left are 14,700 + 102,500 - 100,500 - 90; the debts of 100,600 take a third of that at leverage 3.
        await priced(here)
        assert (await here.signed("POST", BORROW, borrow("USDT", "100000"))).code == "0"
        move = {"ccy": "BTC", "amt": "1", "from": "18", "to": "6"}
        assert await reason(here, "POST", "/api/v5/asset/transfer", move) == (
            f"adjusted equity would be 16610 USD, the debts need 33533.34 USD of margin: {TOP_UP} or "
            'POST market/price {"instId": "...", "px": "..."}'
        )

    within(story)


def test_borrowing_that_is_off_names_the_switch() -> None:
    async def story(here: World) -> None:
        await here.control("POST", "users", {"name": "carol"})
        made = (await here.control("POST", "users/carol/keys", {"permissions": ["read", "trade"]})).json()
        key = type(here.alice)(made["api_key"], made["secret_key"], made["passphrase"], ("read_only", "trade"))
        switch = 'borrowing is off for carol: POST users/carol/spot-borrow {"enabled": true}'
        for method, path, body in (
            ("POST", BORROW, borrow("USDT", "1")),
            ("POST", REPAY, {"debtCcy": "USDC", "repayCcyList": ["USDC"]}),
            ("POST", "/api/v5/account/set-auto-repay", {"autoRepay": True}),
            ("GET", "/api/v5/account/leverage-info?mgnMode=cross&ccy=BTC", None),
            ("GET", "/api/v5/account/max-loan?mgnMode=cross&ccy=BTC", None),
        ):
            answer = await here.signed(method, path, body, key=key)
            assert answer.headers[b"x-tally-reason"].decode() == switch, path

    within(story)


def test_refusals_before_the_engine_say_why() -> None:
    async def story(here: World) -> None:
        balance = "/api/v5/account/balance"

        async def said(**changes: Any) -> str:
            return (await here.signed("GET", balance, **changes)).headers[b"x-tally-reason"].decode()

        assert await said(ok_access_timestamp="2026-01-15T17:00:00.000Z") == (
            "the request says 2026-01-15T17:00:00.000Z, the venue's clock 2026-01-15T18:00:00.000Z, this machine's "
            "2026-01-15T18:00:00.000Z; the request has to be within 30 s of one of them: "
            "GET /api/v5/public/time or POST clock"
        )
        assert (await said(ok_access_key="12345678-0000-4000")).startswith("this venue has no key 12345678-000...: ")
        assert (await said(ok_access_passphrase="x")).startswith("the passphrase is not that of the key ")
        assert (await said(ok_access_sign="A" * 43 + "=")) == (
            "the signature is not that of timestamp + GET/api/v5/account/balance + a body of 0 bytes with the key's "
            "secret: tally keys"
        )
        assert (await said(ok_access_key=None)).startswith("the header OK-ACCESS-KEY is missing or empty: ")
        refused = await here.signed("POST", BORROW, borrow("ETH", "1"), key=here.reader)
        assert refused.headers[b"x-tally-reason"].decode() == (
            "this call needs the permission trade, and the key alice 2 has read_only: "
            'POST users/alice/keys {"permissions": ["read", "trade"]}'
        )
        assert (await here.ask("POST", "/api/v5/public/time")).headers[b"x-tally-reason"] == b"this path takes GET"
        assert b"tally fidelity" in (await here.ask("GET", "/api/v5/nope")).headers[b"x-tally-reason"]

    within(story)


def test_a_rate_limit_names_itself_the_wait_and_the_option() -> None:
    """One-click repay takes one request in two seconds, and half a second has passed."""

    async def story(here: World) -> None:
        body = {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}
        assert (await here.signed("POST", REPAY, body)).code == "0"
        await here.venue.advance(by_ms=500)
        assert await reason(here, "POST", REPAY, body) == (
            "the limit per user id is used up, requests in 2 s: 1; the next may come in 1.5 s: "
            "serve --limits off or serve --limits 10"
        )

    within(story, limits="exact")


def test_under_a_frozen_clock_limits_end_with_the_machines_time() -> None:
    async def story(here: World) -> None:
        body = {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}
        for codes in (("0", "50011"), ("59413", "50011")):
            assert [(await here.signed("POST", REPAY, body)).code for _ in range(2)] == list(codes)
            await here.venue.advance(by_ms=60_000) if codes[0] == "0" else None
            machine.pass_s(2)

    machine = HandMachine(AT_MS)
    within(story, limits="exact", machine=machine)


def test_each_refused_order_of_a_list_has_its_own_reason() -> None:
    async def story(here: World) -> None:
        orders = [limit("BTC-USDT", "buy", "40000.05", "1"), limit("BTC-USDT", "buy", "100", "0.0000001")]
        assert await reason(here, "POST", "/api/v5/trade/batch-orders", orders) == (
            "item 1: price 40000.05 is no multiple of the tick of BTC-USDT, 0.1; "
            "item 2: size 0.0000001 BTC is below the smallest order of BTC-USDT, 0.00001: "
            'POST parameters {"instruments": {"BTC-USDT": {"min_size": "..."}}}'
        )

    within(story)


def test_an_order_cancelled_by_its_amendment_says_why() -> None:
    async def story(here: World) -> None:
        await priced(here)
        placed = await here.signed("POST", ORDER, limit("BTC-USDT", "buy", "100", "0.001"))
        number = placed.json()["data"][0]["ordId"]
        body = {"instId": "BTC-USDT", "ordId": number, "newPx": "100.05", "cxlOnFail": True}
        assert await reason(here, "POST", "/api/v5/trade/amend-order", body) == (
            "price 100.05 is no multiple of the tick of BTC-USDT, 0.1"
        )

    within(story)


def test_a_fault_that_refuses_names_its_rule() -> None:
    async def story(here: World) -> None:
        rule = {"on": "balance", "fault": "50026"}
        made = await here.control("POST", "faults", rule)
        assert made.status == 200, made.body
        answer = await here.signed("GET", "/api/v5/account/balance")
        said = answer.headers[b"x-tally-reason"].decode()
        assert said == "fault rule 1 (50026) hit this request: DELETE faults/1"
        (last,) = (await here.control("GET", "refusals?last=1")).json()["requests"]
        assert last["fault"] == "50026"

    within(story)


def test_refusals_and_requests_are_listed() -> None:
    async def story(here: World) -> None:
        await priced(here)
        assert (await here.signed("GET", "/api/v5/account/config")).code == "0"
        assert (await here.signed("POST", BORROW, borrow("USDT", "200000"))).code == "59411"
        (row,) = (await here.control("GET", "refusals?last=5")).json()["requests"]
        assert (row["user"], row["operation"], row["code"]) == ("alice", "spot_manual_borrow_repay", "59411")
        (why,) = row["why"]
        assert why["numbers"] == {
            "ccy": "USDT",
            "asked": "200000",
            "most": "166830",
            "free_usd": "55610",
            "needed_usd": "66666.666666666666666667",
        }
        assert (
            why["reason_zh"]
            == "可用保证金 55610 USD，需要 66666.67：最多可借 166830 USDT，申请 200000；杠杆越高，所需越少"
        )
        found = (await here.control("GET", "requests?after=0")).json()
        assert [(r["method"], r["operation"], r["code"]) for r in found["requests"]] == [
            ("POST", "market/prices", ""),
            ("GET", "config", "0"),
            ("POST", "spot_manual_borrow_repay", "59411"),
        ]
        assert found["newest"] == 3
        later = (await here.control("GET", f"requests?after={found['newest'] - 1}")).json()
        assert [r["number"] for r in later["requests"]] == [3]

    within(story)


def test_a_refused_control_call_has_the_reason_too() -> None:
    async def story(here: World) -> None:
        answer = await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "BTC", "amt": "-5"})
        assert answer.json()["error"]["reason"] == "1 BTC is free in the trading account; you take out 5"

    within(story)


def test_words_that_lack_a_fact_are_told_as_they_are() -> None:
    """Poor words are better than no answer; a test above sees to it that none lack any."""
    why = reason_of("below_min_borrow", {"asked": ONE}, "59414", {"ccy": "USDT"})
    assert why.en == "you asked for 1 USDT; the smallest amount to borrow is {least}"
    assert reason_of("nothing of this name", {}, "50004", {}).en.startswith("API endpoint request timeout.")
