"""Channel of cash and positions in other account modes than Spot."""

from __future__ import annotations

from decimal import Decimal

from tests.server.harness import Socket
from tests.server.in_modes import alice_in
from tests.ws.client import connected, over_websocket
from tests.ws.test_private import PRIVATE, begin, push


def test_balance_and_position_tells_what_is_owed_in_a_mode_that_has_one_number_for_a_coin() -> None:
    """In multi-currency margin `cashBal` is below zero if owed, as in the balance.

    100 USDC at 1 % a year cost 100 x 0.01 / 8,760 = 0.000114155251141552... in an hour, rounded up at 16 decimals.
    """

    async def story(socket: Socket) -> None:
        world = socket.world
        await alice_in(world, "3")
        usdc = (await world.signed("GET", "/api/v5/account/balance?ccy=USDC")).json()["data"][0]["details"][0]
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "balance_and_position")
            await push(client, "balance_and_position")
            out = {
                "ccy": "USDC",
                "amt": str(Decimal(usdc["cashBal"]) + 100),
                "from": "18",
                "to": "6",
                "loanTrans": True,
            }
            assert (await world.signed("POST", "/api/v5/asset/transfer", out)).code == "0"
            await world.control("POST", "clock/advance", {"by": "1h"})
            for cause, cash in (("transferred", "-100"), ("interest_deduction", "-100.0001141552511416")):
                (row,) = (await push(client, "balance_and_position"))["data"]
                assert row["eventType"] == cause
                assert [(one["ccy"], one["cashBal"]) for one in row["balData"]] == [("USDC", cash)]
            (again,) = (await world.signed("GET", "/api/v5/account/balance?ccy=USDC")).json()["data"][0]["details"]
            assert again["cashBal"] == "-100.0001141552511416"

    over_websocket(story)
