"""Fields of a balance by account mode: each cell of the documents' table, on REST and in the push, on both surfaces.

`balance_fields.json` says which modes a field applies in. In the others it is "", a flag is off. The account owes USDT
and has bought BTC, so that no field that applies is "" for want of something to tell.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tallystick.contract.account import BalanceDetail, BalanceRow
from tallystick.contract.channel_rows import AccountDetail, AccountRow
from tallystick.contract.core import SURFACES
from tests.server.harness import Socket, World
from tests.server.test_across_a_reset import key_of
from tests.ws.client import connected, over_websocket

TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("balance_fields.json").read_text(encoding="utf-8"))
MODES = ("1", "3", "4")
ACCOUNT = "/api/v5/account/"


async def owing(here: World, mode: str) -> Any:
    """Key of dora, who has bought 1 BTC for 60,000 USDT, of which half is borrowed; the debt is frozen in no order."""
    await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "60000"})
    await here.control(
        "POST", "market/book", {"instId": "BTC-USDT", "bids": [["59990", "9"]], "asks": [["60000", "9"]]}
    )
    await here.control("POST", "users", {"name": "dora", "modes": ["3", "4"]})
    await here.control("POST", "users/dora/spot-borrow", {"enabled": True})
    await here.control("POST", "users/dora/balance", {"account": "trading", "ccy": "USDT", "amt": "30000"})
    key = await key_of(here, "dora")
    assert (await here.signed("POST", ACCOUNT + "set-account-level", {"acctLv": mode}, key=key)).code == "0"
    body = {
        "instId": "BTC-USDT",
        "tdMode": "cash" if mode == "1" else "cross",
        "side": "buy",
        "ordType": "limit",
        "px": "60000",
        "sz": "1",
    }
    bought = await here.signed("POST", "/api/v5/trade/order", body, key=key)
    assert bought.json()["data"][0]["sCode"] == "0", bought.body
    return key


def wrongs(row: dict[str, Any], mode: str, *, push: bool) -> list[str]:
    """Cells that are not as the table says; BTC is the coin that was bought."""
    coins = {detail["ccy"]: detail for detail in row["details"]}
    assert coins.keys() == {"BTC", "USDT"}
    told = [(name, modes, row) for name, modes in TABLE["account"].items()]
    for name, modes in TABLE["detail"].items():
        told.append((TABLE["push_names"].get(name, name) if push else name, modes, coins["BTC"]))
    found = []
    for name, modes, where in told:
        filled = where[name] not in ("", False)
        if filled != (mode in modes):
            found.append(f"{name} in mode {mode}: {where[name]!r}")
    return found


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("mode", MODES)
def test_every_cell_of_the_table(mode: str, surface: str) -> None:
    async def story(socket: Socket) -> None:
        here = socket.world
        key = await owing(here, mode)
        (rest,) = (await here.signed("GET", ACCOUNT + "balance", key=key)).json()["data"]
        assert wrongs(rest, mode, push=False) == []
        async with connected(socket, "/ws/v5/private") as client:
            await client.login(key)
            await client.subscribe("account")
            await client.next()
            (pushed,) = (await client.next())["data"]
        assert wrongs(pushed, mode, push=True) == []
        usdt = {detail["ccy"]: detail for detail in rest["details"]}["USDT"]
        assert (usdt["cashBal"], usdt["liab"]) == (("0" if mode == "1" else "-30000"), "30000")

    over_websocket(story, surface=surface)


def test_a_change_of_mode_tells_the_account_anew() -> None:
    async def story(socket: Socket) -> None:
        here = socket.world
        await here.control("POST", "users", {"name": "dora", "modes": ["3"]})
        await here.control("POST", "users/dora/balance", {"account": "trading", "ccy": "USDT", "amt": "10000"})
        key = await key_of(here, "dora")
        async with connected(socket, "/ws/v5/private") as client:
            await client.login(key)
            await client.subscribe("account")
            await client.next()
            (before,) = (await client.next())["data"]
            assert (await here.signed("POST", ACCOUNT + "set-account-level", {"acctLv": "3"}, key=key)).code == "0"
            told = await client.next()
        assert (before["availEq"], told["eventType"], told["data"][0]["availEq"]) == ("", "event_update", "10000")

    over_websocket(story)


def test_the_table_is_whole() -> None:
    """Every field of an answer stands in it, or among those of which no mode is named."""
    for rows, names in (((BalanceRow, AccountRow), "account"), ((BalanceDetail, AccountDetail), "detail")):
        known = {*TABLE[names], *TABLE["no_mode_named"], *TABLE["push_names"].values()}
        for row in rows:
            assert set(row.__struct_fields__) <= known


def test_a_cell_that_is_wrong_is_found() -> None:
    async def story(socket: Socket) -> None:
        key = await owing(socket.world, "3")
        (row,) = (await socket.world.signed("GET", ACCOUNT + "balance", key=key)).json()["data"]
        assert wrongs({**row, "availEq": ""}, "3", push=False) == ["availEq in mode 3: ''"]
        assert "isoEq in mode 1: '0'" in wrongs(row, "1", push=False)

    over_websocket(story)
