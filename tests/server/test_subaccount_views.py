"""What a main account is told of its sub-accounts over HTTP, and what it may do with their coins."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.contract.subaccounts import ENDPOINTS
from tests.server.harness import AT_MS, World, within
from tests.server.test_control import is_ok
from tests.server.test_envelope import GOOD, call, is_refusal
from tests.server.test_subaccounts import STATE, TRANSFER, sub_of_alice, usdt
from tests.wire.requests import good

LIST = "/api/v5/users/subaccount/list"
KEYS = "/api/v5/users/subaccount/apikey"
SWITCH = "/api/v5/users/subaccount/set-transfer-out"
BALANCES = "/api/v5/account/subaccount/balances"
FUNDING = "/api/v5/asset/subaccount/balances"
MOST = "/api/v5/account/subaccount/max-withdrawal"
BILLS = "/api/v5/asset/subaccount/bills"
MOVE = "/api/v5/asset/subaccount/transfer"


async def rows(here: World, target: str, **who: Any) -> list[dict[str, Any]]:
    answer = (await here.signed("GET", target, **who)).json()
    assert answer["code"] == "0", answer
    found: list[dict[str, Any]] = answer["data"]
    return found


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_sub_accounts_key_may_not_ask(endpoint: Any) -> None:
    """Of itself, of a sibling, or without saying of whom: 59500, and nothing is done."""

    async def story(here: World) -> None:
        key = await sub_of_alice(here, "mini")
        await sub_of_alice(here, "second")
        before = await here.seq_and_hash()
        is_refusal(await call(here, endpoint, GOOD.get(endpoint.name) or good(endpoint), key=key), "59500")
        is_refusal(await call(here, endpoint, {}, key=key), "59500")
        assert await here.seq_and_hash() == before

    within(story)


@pytest.mark.parametrize(
    ("method", "target", "body", "code"),
    [
        ("GET", f"{KEYS}?subAcct=", None, "59510"),
        ("GET", f"{BALANCES}?subAcct=", None, "59510"),
        ("GET", f"{MOST}?subAcct=", None, "59510"),
        ("GET", f"{FUNDING}?subAcct=", None, "58115"),
        ("POST", SWITCH, {"canTransOut": True}, "59510"),
    ],
)
def test_only_ones_own_sub_accounts_are_there(method: str, target: str, body: Any, code: str) -> None:
    """Nobody's, another's, another main account's, one's own name: each as if there were no such account."""

    async def story(here: World) -> None:
        await sub_of_alice(here)
        answers = []
        for who, name in ((here.alice, "nobody"), (here.bob, "alice-sub"), (here.alice, "bob"), (here.alice, "alice")):
            if method == "GET":
                answers.append(await here.signed("GET", target + name, key=who))
            else:
                answers.append(await here.signed("POST", target, {**body, "subAcct": name}, key=who))
        for answer in answers:
            is_refusal(answer, code)
            assert answer.body == answers[0].body
        missing = await here.signed(method, target.partition("?")[0], body)
        is_refusal(missing, "50014")
        assert missing.json()["msg"] == "Parameter subAcct can not be empty."

    within(story)


def test_the_list() -> None:
    """Newest first; the cursors are times and leave out the row they point at."""

    async def story(here: World) -> None:
        for name in ("first", "second", "third"):
            await here.venue.advance(by_ms=1_000)
            made = is_ok(await here.control("POST", "users", {"name": name, "master": "alice"}))
        assert (await rows(here, LIST))[0] == {
            "canTransOut": False,
            "enable": True,
            "frozenFunc": [],
            "gAuth": False,
            "label": "",
            "mobile": "",
            "subAcct": "third",
            "ts": str(AT_MS + 3_000),
            "type": "1",
            "uid": made["uid"],
            "subAcctLv": "1",
            "firstLvSubAcct": "third",
            "ifDma": False,
        }
        for query, names in (
            ("", ["third", "second", "first"]),
            ("?enable=true&subAcct=&after=&before=&limit=", ["third", "second", "first"]),
            ("?enable=false", []),
            ("?subAcct=second", ["second"]),
            ("?subAcct=bob", []),
            (f"?after={AT_MS + 3_000}", ["second", "first"]),
            (f"?before={AT_MS + 1_000}", ["third", "second"]),
            (f"?after={AT_MS + 3_000}&before={AT_MS + 1_000}", ["second"]),
            ("?limit=2", ["third", "second"]),
        ):
            assert [row["subAcct"] for row in await rows(here, LIST + query)] == names, query
        assert await rows(here, LIST, key=here.bob) == []
        for query in ("?enable=yes", "?after=x", "?limit=0"):
            is_refusal(await here.signed("GET", LIST + query), "51000")

    within(story)


def test_a_key_cannot_be_made_by_its_main_account() -> None:
    """The call is not there, so it is answered as such, and not as a wrong method: clients send the right one."""

    async def story(here: World) -> None:
        await sub_of_alice(here)
        answer = await here.signed("POST", KEYS, {"subAcct": "alice-sub", "label": "bot", "passphrase": "Passphrase1!"})
        assert (answer.status, answer.json()["code"]) == (404, 404)
        assert b"x-tally-lint" not in answer.headers
        assert (await here.signed("DELETE", KEYS)).status == 405

    within(story)


def test_keys_are_shown_without_what_is_secret() -> None:
    async def story(here: World) -> None:
        first = await sub_of_alice(here)
        await here.venue.advance(by_ms=5)
        body = {"permissions": ["read"], "ips": ["10.0.0.1", "192.0.2.0/24"], "label": "reader"}
        second = is_ok(await here.control("POST", "users/alice-sub/keys", body))
        answer = await here.signed("GET", f"{KEYS}?subAcct=alice-sub")
        expected = [
            {"label": "alice-sub", "apiKey": first.api_key, "perm": "read_only,trade", "ip": "", "ts": str(AT_MS)},
            {
                "label": "reader",
                "apiKey": second["api_key"],
                "perm": "read_only",
                "ip": "10.0.0.1,192.0.2.0/24",
                "ts": str(AT_MS + 5),
            },
        ]
        assert answer.json()["data"] == expected
        for secret in (first.secret_key, first.passphrase, second["secret_key"], second["passphrase"]):
            assert secret.encode() not in answer.body
        assert await rows(here, f"{KEYS}?subAcct=alice-sub&apiKey={second['api_key']}") == expected[1:]
        for other in (here.alice.api_key, here.bob.api_key, "none"):
            is_refusal(await here.signed("GET", f"{KEYS}?subAcct=alice-sub&apiKey={other}"), "59506")
        is_ok(await here.control("POST", "users", {"name": "keyless", "master": "alice"}))
        assert await rows(here, f"{KEYS}?subAcct=keyless") == []

    within(story)


def test_balances_are_those_the_sub_account_sees_itself() -> None:
    """With a debt, an order and coins in both accounts, so that hardly a field is 0."""

    async def story(here: World) -> None:
        key = await sub_of_alice(here, BTC="1", ETH="2")
        await here.control("POST", "users/alice-sub/balance", {"account": "funding", "ccy": "ETH", "amt": "3"})
        borrow = {"ccy": "USDT", "side": "borrow", "amt": "1000"}
        assert (await here.signed("POST", "/api/v5/account/spot-manual-borrow-repay", borrow, key=key)).code == "0"
        order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "9000"}
        assert (await here.signed("POST", "/api/v5/trade/order", order, key=key)).code == "0"
        await here.venue.advance(by_ms=7_200_000)

        (seen,) = await rows(here, f"{BALANCES}?subAcct=alice-sub")
        (own,) = await rows(here, "/api/v5/account/balance", key=key)
        assert seen["uTime"] == own["uTime"]
        details = seen.pop("details")
        own_details = own.pop("details")
        assert seen == own
        assert float(seen["mgnRatio"]) > 1
        assert float(seen["notionalUsdForBorrow"]) > 990
        assert details == own_details
        assert list(seen)[2:6] == ["borrowFroz", "delta", "deltaLever", "deltaNeutralStatus"]
        assert list(details[0])[:3] == ["autoLendStatus", "autoLendMtAmt", "accAvgPx"]
        assert {detail["ccy"] for detail in details} == {"BTC", "ETH", "USDT"}

        for target, its_own in ((FUNDING, "/api/v5/asset/balances"), (MOST, "/api/v5/account/max-withdrawal")):
            everything = await rows(here, f"{target}?subAcct=alice-sub")
            assert everything == await rows(here, its_own, key=key)
            assert everything
            some = await rows(here, f"{target}?subAcct=alice-sub&ccy=ETH,SOL")
            assert some == await rows(here, f"{its_own}?ccy=ETH,SOL", key=key)
            assert "ETH" in {row["ccy"] for row in some}
            is_refusal(await here.signed("GET", f"{target}?subAcct=alice-sub&ccy=eth"), "51000")
        assert await rows(here, f"{FUNDING}?subAcct=alice-sub") == [
            {"availBal": "3", "bal": "3", "ccy": "ETH", "frozenBal": "0"}
        ]

    within(story)


def test_the_main_account_moves_coins_between_its_sub_accounts() -> None:
    async def story(here: World) -> None:
        key = await sub_of_alice(here, "one")
        await sub_of_alice(here, "two")
        bobs = is_ok(await here.control("POST", "users", {"name": "bobs", "master": "bob"}))
        await here.control("POST", "users/one/balance", {"account": "funding", "ccy": "USDT", "amt": "10"})
        body = {"ccy": "USDT", "amt": "4", "from": "6", "to": "18", "fromSubAccount": "one", "toSubAccount": "two"}
        answer = await here.signed("POST", MOVE, body)
        assert answer.json() == {"code": "0", "msg": "", "data": [{"transId": answer.json()["data"][0]["transId"]}]}
        number = answer.json()["data"][0]["transId"]
        assert (await rows(here, f"{FUNDING}?subAcct=one"))[0]["bal"] == "6"
        (two,) = await rows(here, f"{BALANCES}?subAcct=two")
        assert [(detail["ccy"], detail["cashBal"]) for detail in two["details"]] == [("USDT", "4")]
        (state,) = await rows(here, f"{STATE}?transId={number}")
        assert (state["type"], state["subAcct"], state["state"]) == ("4", "two", "success")
        for changes, code in (
            ({"fromSubAccount": "two", "toSubAccount": "two"}, "59507"),
            ({"fromSubAccount": "nobody"}, "58115"),
            ({"fromSubAccount": "alice"}, "58115"),
            ({"toSubAccount": "bobs"}, "58115"),
            ({"toSubAccount": ""}, "50014"),
            ({"loanTrans": "true"}, "51000"),
            ({"amt": "6.0000000000000001"}, "58350"),
            ({"amt": "0"}, "58114"),
            ({"amt": "-1"}, "58114"),
            ({"amt": "0.00000000000000001"}, "51000"),
            ({"ccy": "NONE"}, "51012"),
            ({"from": "1"}, "51000"),
            ({"omitPosRisk": "false", "loanTrans": "false", "amt": "2"}, "0"),
            ({"omitPosRisk": False, "loanTrans": False, "amt": "4"}, "0"),
            ({"omitPosRisk": 0, "amt": "1"}, "51000"),
        ):
            found = await here.signed("POST", MOVE, {**body, **changes})
            assert found.code == code, (changes, found.json())
        is_refusal(await here.signed("POST", MOVE, body, key=here.reader), "50120")
        is_refusal(await here.signed("POST", MOVE, body, key=here.bob), "58115")
        assert bobs["master"] == "bob"
        # The sub-account itself sees the coins leave, and has no record to ask for.
        assert (await here.signed("GET", f"{STATE}?transId={number}", key=key)).code == "58129"
        assert await rows(here, BILLS) == []
        assert is_ok(await here.control("POST", "verify"))

    within(story)


def test_a_move_that_leaves_the_giver_unsound_is_refused() -> None:
    """0.1 BTC at 40,000 counts 3,920. A debt of 6,000 at leverage 3 asks for 2,000: 0.0510204... BTC must stay."""

    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        key = await sub_of_alice(here, "one", BTC="0.1")
        await sub_of_alice(here, "two")
        borrow = {"ccy": "USDT", "side": "borrow", "amt": "6000"}
        assert (await here.signed("POST", "/api/v5/account/spot-manual-borrow-repay", borrow, key=key)).code == "0"
        body = {"ccy": "BTC", "from": "18", "to": "18", "fromSubAccount": "one", "toSubAccount": "two"}
        is_refusal(await here.signed("POST", MOVE, {**body, "amt": "0.0489795918367348"}), "58116")
        assert (await here.signed("POST", MOVE, {**body, "amt": "0.0489795918367346"})).code == "0"

    within(story)


def test_records_of_transfers_with_sub_accounts() -> None:
    """Whoever asked for them; type 0 goes down, 1 comes up; newest first, the cursors are times."""

    async def story(here: World) -> None:
        one = await sub_of_alice(here, "one")
        await sub_of_alice(here, "two")
        numbers = []
        for who, body in (
            (here.alice, usdt("1", amt="7.5", subAcct="one")),
            (one, usdt("3", amt="1")),
            (here.alice, usdt("1", amt="2", target="18", subAcct="two")),
            (here.alice, {**usdt("2", amt="0.5", subAcct="one")}),
            (here.alice, {"ccy": "USDT", "amt": "1", "from": "6", "to": "18"}),
        ):
            await here.venue.advance(by_ms=10)
            answer = (await here.signed("POST", TRANSFER, body, key=who)).json()
            assert answer["code"] == "0", answer
            numbers.append(answer["data"][0]["transId"])
        assert (await rows(here, BILLS))[-1] == {
            "amt": "7.5",
            "billId": numbers[0],
            "ccy": "USDT",
            "subAcct": "one",
            "ts": str(AT_MS + 10),
            "type": "0",
        }
        for query, amounts in (
            ("", ["0.5", "2", "1", "7.5"]),
            ("?type=0", ["2", "7.5"]),
            ("?type=1", ["0.5", "1"]),
            ("?subAcct=one", ["0.5", "1", "7.5"]),
            ("?subAcct=two&type=1", []),
            ("?subAcct=bob", []),
            ("?subAcct=one%22%2C%22ts%22%3A%22", []),
            ("?ccy=BTC", []),
            ("?ccy=USDT&limit=1", ["0.5"]),
            (f"?after={AT_MS + 30}", ["1", "7.5"]),
            (f"?before={AT_MS + 20}", ["0.5", "2"]),
            ("?ccy=&type=&subAcct=&after=&before=&limit=", ["0.5", "2", "1", "7.5"]),
        ):
            assert [row["amt"] for row in await rows(here, BILLS + query)] == amounts, query
        assert await rows(here, BILLS, key=here.bob) == []
        for query in ("?type=2", "?ccy=usdt", "?before=-1"):
            is_refusal(await here.signed("GET", BILLS + query), "51000")

    within(story)


def test_leave_to_give_to_other_sub_accounts() -> None:
    """They begin without it; to the main account a sub-account always gives."""

    async def story(here: World) -> None:
        one = await sub_of_alice(here, "one")
        await sub_of_alice(here, "two")
        await here.control("POST", "users/one/balance", {"account": "funding", "ccy": "USDT", "amt": "10"})

        async def given() -> str:
            code: str = (await here.signed("POST", TRANSFER, usdt("4", amt="1", subAcct="two"), key=one)).code
            return code

        refused = await here.signed("POST", TRANSFER, usdt("4", amt="1", subAcct="two"), key=one)
        is_refusal(refused, "58119")
        assert refused.json()["msg"] == "one Sub-account has no permission to transfer out, please set first."
        assert (await here.signed("POST", TRANSFER, usdt("3", amt="1"), key=one)).code == "0"
        answer = await here.signed("POST", SWITCH, {"subAcct": "one, two"})
        assert answer.json()["data"] == [
            {"subAcct": "one", "canTransOut": True},
            {"subAcct": "two", "canTransOut": True},
        ]
        assert [row["canTransOut"] for row in await rows(here, LIST)] == [True, True]
        assert await given() == "0"
        assert (await here.signed("POST", SWITCH, {"subAcct": "one", "canTransOut": False})).code == "0"
        assert {row["subAcct"]: row["canTransOut"] for row in await rows(here, LIST)} == {"one": False, "two": True}
        assert await given() == "58119"
        before = await here.seq_and_hash()
        for body, code in (
            ({"subAcct": "one,"}, "59510"),
            ({"subAcct": "one,bob"}, "59510"),
            ({"subAcct": ",".join(["one"] * 21)}, "50025"),
            ({"subAcct": ["one"]}, "51000"),
            ({"subAcct": "one", "canTransOut": "maybe"}, "51000"),
        ):
            is_refusal(await here.signed("POST", SWITCH, body), code)
        is_refusal(await here.signed("POST", SWITCH, {"subAcct": "one"}, key=here.reader), "50120")
        assert await here.seq_and_hash() == before
        assert (await here.signed("POST", SWITCH, {"subAcct": ",".join(["one"] * 20)})).code == "0"
        assert is_ok(await here.control("POST", "verify"))

    within(story)


@pytest.mark.parametrize("path", ["interest-limits", "set-loan-allocation"])
def test_what_is_no_longer_documented_is_not_there(path: str) -> None:
    async def story(here: World) -> None:
        for method in ("GET", "POST"):
            assert (await here.signed(method, f"/api/v5/account/subaccount/{path}")).status == 404

    within(story)
