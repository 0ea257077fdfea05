"""Main and sub-accounts over HTTP: who they are, whose key may move what, and the quota they share."""

from __future__ import annotations

from typing import Any

from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.commands import ChangeParameters, Setting
from tallystick.venue.keys import Credentials
from tests.server.harness import AT_MS, World, within
from tests.server.test_control import is_error, is_ok

TRANSFER = "/api/v5/asset/transfer"
STATE = "/api/v5/asset/transfer-state"
BORROW = "/api/v5/account/spot-manual-borrow-repay"
LIMITS = "/api/v5/account/interest-limits?ccy=USDT"
QUOTAS = "/api/v5/public/interest-rate-loan-quota"


async def sub_of_alice(here: World, name: str = "alice-sub", **balances: str) -> Credentials:
    """A key of a new sub-account of alice, with trading balances and borrowing on."""
    made = is_ok(await here.control("POST", "users", {"name": name, "master": "alice"}))
    assert made["master"] == "alice"
    for ccy, amt in balances.items():
        await here.control("POST", f"users/{name}/balance", {"account": "trading", "ccy": ccy, "amt": amt})
    is_ok(await here.control("POST", f"users/{name}/spot-borrow", {"enabled": True}))
    given = is_ok(await here.control("POST", f"users/{name}/keys", {"permissions": ["read", "trade"]}))
    return Credentials(given["api_key"], given["secret_key"], given["passphrase"], ())


async def row(here: World, target: str, key: Credentials | None = None) -> dict[str, Any]:
    found: dict[str, Any] = (await here.signed("GET", target, key=key)).json()["data"][0]
    return found


def usdt(kind: str, amt: str = "10", source: str = "6", target: str = "6", **more: str) -> dict[str, str]:
    return {"type": kind, "ccy": "USDT", "amt": amt, "from": source, "to": target, **more}


def test_a_sub_account_is_made_and_listed() -> None:
    async def story(here: World) -> None:
        key = await sub_of_alice(here)
        listed = is_ok(await here.control("GET", "users"))["users"]
        assert [user.get("master") for user in listed] == [None, None, "alice"]
        config = await row(here, "/api/v5/account/config", key)
        alice = await row(here, "/api/v5/account/config")
        assert (config["uid"], config["mainUid"], config["type"]) == (listed[2]["uid"], alice["uid"], "1")
        assert (alice["mainUid"], alice["type"]) == (alice["uid"], "0")
        is_error(await here.control("POST", "users", {"name": "x", "master": "nobody"}), 404)
        is_error(await here.control("POST", "users", {"name": "x", "master": "alice-sub"}), 409)
        is_error(await here.control("POST", "users", {"name": "alice-sub", "master": "bob"}), 409)
        assert is_ok(await here.control("POST", "verify"))

    within(story)


def test_the_quota_is_one_for_all() -> None:
    """Of 2,000 USDT alice owes 500 from the start: 1,500 are left, of which the sub-account may take all and no more.

    Lv2 doubles the quota.
    """

    async def story(here: World) -> None:
        key = await sub_of_alice(here, BTC="5")
        is_ok(await here.control("POST", "parameters", {"currencies": {"USDT": {"quota": "2000"}}}))
        borrow = {"ccy": "USDT", "side": "borrow", "amt": "1500.0000000000000001"}
        assert (await here.signed("POST", BORROW, borrow, key=key)).code == "59412"
        assert (await here.signed("POST", BORROW, {**borrow, "amt": "1500"}, key=key)).code == "0"
        for who, used in ((None, "500"), (key, "1500")):
            record = (await row(here, LIMITS, who))["records"][0]
            assert (record["loanQuota"], record["usedLmt"], record["surplusLmt"]) == (
                "2000.00000000",
                f"{used}.00000000",
                "0.00000000",
            )
        assert (await here.signed("POST", BORROW, {**borrow, "amt": "1"})).code == "59412"
        assert (await row(here, "/api/v5/account/max-loan?mgnMode=cross&ccy=USDT"))["maxLoan"] == "0"
        is_ok(await here.control("POST", "users/alice/level", {"level": "Lv2"}))
        assert (await row(here, LIMITS, key))["records"][0]["surplusLmt"] == "2000.00000000"
        assert (await row(here, "/api/v5/account/config", key))["level"] == "Lv2"
        for path, level, status in (
            ("users/alice-sub/level", "Lv3", 409),
            ("users/alice/level", "Lv9", 409),
            ("users/nobody/level", "Lv3", 404),
            ("users/alice/level", 3, 400),
        ):
            is_error(await here.control("POST", path, {"level": level}), status)

    within(story)


def test_each_kind_of_key_moves_what_it_may() -> None:
    async def story(here: World) -> None:
        key = await sub_of_alice(here)
        other = await sub_of_alice(here, "alice-two")
        leave = await here.signed("POST", "/api/v5/users/subaccount/set-transfer-out", {"subAcct": "alice-sub"})
        assert leave.code == "0"
        steps: tuple[tuple[Credentials, dict[str, str], str], ...] = (
            (here.alice, usdt("1", subAcct="alice-sub"), "0"),
            (here.alice, usdt("2", amt="4", target="18", subAcct="alice-sub"), "0"),
            (key, usdt("3", amt="1"), "0"),
            (key, usdt("4", amt="2", target="18", subAcct="alice-two"), "0"),
            (other, usdt("3", amt="2", source="18", subAcct="not looked at"), "0"),
            # A key of the other kind.
            (here.alice, usdt("3"), "58127"),
            (here.alice, usdt("4", subAcct="alice-sub"), "58127"),
            (key, usdt("1", subAcct="alice-two"), "58128"),
            (key, usdt("2", subAcct="alice-two"), "58128"),
            # A name that is missing, of nobody, of another, of a main account, of oneself.
            (here.alice, usdt("1"), "50014"),
            (here.alice, usdt("1", subAcct="nobody"), "58115"),
            (here.bob, usdt("1", subAcct="alice-sub"), "58115"),
            (here.alice, usdt("1", subAcct="alice"), "58115"),
            (key, usdt("4", subAcct="alice"), "58115"),
            (key, usdt("4", subAcct="alice-sub"), "59507"),
            # Too much, twice the same id, borrowed coins.
            (key, usdt("3", amt="3.5"), "58350"),
            (here.alice, usdt("2", amt="0.5", subAcct="alice-sub", clientId="once"), "0"),
            (here.alice, usdt("2", amt="0.5", subAcct="alice-sub", clientId="once"), "51000"),
            (here.alice, {**usdt("1", subAcct="alice-sub"), "loanTrans": "true"}, "51000"),
            # The types as they were: within one account from must differ from to.
            (here.alice, usdt("0"), "58123"),
        )
        for who, body, code in steps:
            answer = await here.signed("POST", TRANSFER, body, key=who)
            assert answer.code == code, (body, answer.json())
        funding = (await row(here, "/api/v5/asset/balances?ccy=USDT", key))["bal"]
        # 10 came; 4, 1, 2 and 0.5 went.
        assert funding == "2.5"
        # alice: 5,000 less 10, then 1, 2 and 0.5 back; 4 went to her trading account.
        assert (await row(here, "/api/v5/asset/balances?ccy=USDT"))["bal"] == "4993.5"
        assert is_ok(await here.control("POST", "verify"))

    within(story)


def test_a_transfer_leaves_no_unsound_account_behind() -> None:
    """0.1 BTC at 40,000 counts 3,920. A debt of 6,000 at leverage 3 asks for 2,000, and its coins count 0."""

    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        key = await sub_of_alice(here, BTC="0.1")
        assert (
            await here.signed("POST", BORROW, {"ccy": "USDT", "side": "borrow", "amt": "6000"}, key=key)
        ).code == "0"
        body = {"type": "2", "ccy": "BTC", "from": "18", "to": "6", "subAcct": "alice-sub"}
        # 2,000 / 39,200 = 0.0510204081632653... must stay.
        assert (await here.signed("POST", TRANSFER, {**body, "amt": "0.0489795918367348"})).code == "58116"
        assert (await here.signed("POST", TRANSFER, {**body, "amt": "0.0489795918367346"})).code == "0"
        borrowed = {"type": "3", "ccy": "USDT", "amt": "1", "from": "18", "to": "6"}
        assert (await here.signed("POST", TRANSFER, borrowed, key=key)).code == "58350"

    within(story)


def test_a_transfer_is_found_by_who_asked_for_it() -> None:
    async def story(here: World) -> None:
        key = await sub_of_alice(here)
        body = usdt("1", amt="1.5", target="18", subAcct="alice-sub", clientId="mine")
        answer = (await here.signed("POST", TRANSFER, body)).json()
        number = answer["data"][0]["transId"]
        expected = {
            "amt": "1.5",
            "ccy": "USDT",
            "clientId": "mine",
            "from": "6",
            "instId": "",
            "state": "success",
            "subAcct": "alice-sub",
            "to": "18",
            "toInstId": "",
            "transId": number,
            "type": "1",
        }
        for query in (f"transId={number}", "clientId=mine", "clientId=mine&type=1", f"transId={number}&clientId=other"):
            assert await row(here, f"{STATE}?{query}") == expected
        for query, who in (
            (f"transId={number}", key),
            (f"transId={number}", here.bob),
            ("transId=77", here.alice),
            ("clientId=other", here.alice),
            ("clientId=mine&type=0", here.alice),
        ):
            assert (await here.signed("GET", f"{STATE}?{query}", key=who)).code == "58129"
        assert (await here.signed("GET", STATE)).code == "50014"
        within_one = (await here.signed("POST", TRANSFER, {"ccy": "USDT", "amt": "1", "from": "6", "to": "18"})).json()
        found = await row(here, f"{STATE}?transId={within_one['data'][0]['transId']}&type=0")
        assert (found["type"], found["subAcct"], found["clientId"]) == ("0", "", "")

    within(story)


def test_the_table_of_quotas_is_what_accounts_have() -> None:
    """Basic quota times coefficient is the loanQuota of an account on that level; a number of its own wins."""

    async def story(here: World) -> None:
        own = Setting(
            table="currencies", row="USDT", field="level_quotas", value=(("VIP8", atoms_from_text("1000000")),)
        )
        await here.venue.submit(ChangeParameters(settings=(own,)))
        table = (await here.ask("GET", QUOTAS)).json()["data"][0]
        assert list(table) == ["configCcyList", "basic", "vip", "config", "regular"]
        assert {entry["level"]: entry["loanQuotaCoef"] for entry in (*table["regular"], *table["vip"])} == {
            "Lv1": "1", "Lv2": "2", "Lv3": "3", "Lv4": "4", "Lv5": "5", "VIP1": "6", "VIP2": "7", "VIP3": "8",
            "VIP4": "9", "VIP5": "10", "VIP6": "11", "VIP7": "12", "VIP8": "13", "VIP9": "14",
        }  # fmt: skip
        basic = {entry["ccy"]: entry for entry in table["basic"]}
        assert (basic["USDT"]["quota"], basic["BTC"]["quota"]) == ("500000", "10")
        assert table["config"] == [{"ccy": "USDT", "stgyType": "0", "quota": "1000000", "level": "VIP 8"}]
        assert table["configCcyList"] == [{"ccy": "USDT", "rate": basic["USDT"]["rate"]}]
        for level, btc, of_usdt in (("Lv2", "20", "1000000"), ("VIP2", "70", "3500000"), ("VIP8", "130", "1000000")):
            is_ok(await here.control("POST", "users/alice/level", {"level": level}))
            records = (await row(here, "/api/v5/account/interest-limits"))["records"]
            quotas = {record["ccy"]: record["loanQuota"] for record in records}
            assert (quotas["BTC"], quotas["USDT"]) == (f"{btc}.00000000", f"{of_usdt}.00000000")
            assert {record["ccy"]: record["rate"] for record in records} == {
                ccy: entry["rate"] for ccy, entry in basic.items()
            }

    within(story)


def test_levels_are_changed_by_a_patch() -> None:
    async def story(here: World) -> None:
        shown = is_ok(await here.control("GET", "parameters"))
        levels = shown["constants"]["quota_levels"]["value"]
        assert levels[0] == ["Lv1", "1"]
        assert shown["currencies"]["USDT"]["level_quotas"]["value"] == []
        patch = {"constants": {"quota_levels": [["Lv1", "0.5"], *levels[1:]]}}
        assert is_ok(await here.control("POST", "parameters", patch))["changed"] == {
            "constants.quota_levels": patch["constants"]["quota_levels"]
        }
        assert (await row(here, LIMITS))["records"][0]["loanQuota"] == "250000.00000000"
        for wrong, status in (
            ({"constants": {"quota_levels": [["Lv1", "1"]]}}, 409),
            ({"constants": {"quota_levels": [["Lv1", 1]]}}, 400),
            ({"currencies": {"USDT": {"level_quotas": [["VIP99", "1"]]}}}, 409),
            ({"currencies": {"USDT": {"level_quotas": [["VIP8", "x"]]}}}, 400),
            ({"currencies": {"USDT": {"level_quotas": "VIP8"}}}, 400),
        ):
            is_error(await here.control("POST", "parameters", wrong), status)
        assert here.venue.now_ms() == AT_MS

    within(story)


def test_the_later_surface_counts_a_main_account_and_its_sub_accounts_together() -> None:
    async def story(here: World) -> None:
        key = await sub_of_alice(here, BTC="1")
        borrow = {"ccy": "USDC", "side": "borrow", "amt": "1"}
        assert (await here.signed("POST", BORROW, borrow, key=key)).code == "0"
        assert (await here.signed("POST", BORROW, borrow)).code == "50011"

    within(story, limits="exact", surface="2026-08")


def test_each_account_has_its_own_rate_limit() -> None:
    """The default surface counts manual borrowing by user: the sub-account may, a moment after its main account."""

    async def story(here: World) -> None:
        key = await sub_of_alice(here, BTC="1")
        borrow = {"ccy": "USDC", "side": "borrow", "amt": "1"}
        assert (await here.signed("POST", BORROW, borrow)).code == "0"
        assert (await here.signed("POST", BORROW, borrow)).code == "50011"
        assert (await here.signed("POST", BORROW, borrow, key=key)).code == "0"

    within(story, limits="exact")


def test_the_later_surface_counts_manual_borrowing_by_main_account() -> None:
    async def story(here: World) -> None:
        key = await sub_of_alice(here, BTC="1")
        borrow = {"ccy": "USDC", "side": "borrow", "amt": "1"}
        assert (await here.signed("POST", BORROW, borrow, key=key)).code == "0"
        assert (await here.signed("POST", BORROW, borrow)).code == "50011"
        assert (await here.signed("POST", BORROW, borrow, key=here.bob)).code == "59410", "counted for himself"
        await here.venue.advance(by_ms=3_000)
        assert (await here.signed("POST", BORROW, borrow)).code == "0"
        assert (await here.signed("POST", BORROW, borrow, key=key)).code == "50011"

    within(story, limits="exact", surface="2026-08")
