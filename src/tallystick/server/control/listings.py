"""Control calls of what a user brings: new coins and pairs, and the account of a saved answer."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from tallystick.contract.core import Doc
from tallystick.engine import core, ledger
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.commands import AdjustBalance, Command
from tallystick.engine.state import State, User
from tallystick.server.control.form import Called, Coins, ControlEndpoint, Spelling, Wrong
from tallystick.server.control.users import USER, id_of
from tallystick.venue import listings, own, own_account
from tallystick.venue.settings import BadValue


class ListedCoins(Struct, frozen=True, kw_only=True):
    """Names of the coins and pairs that were listed."""

    currencies: list[str]
    instruments: list[str]


class MadeAccount(Struct, frozen=True, kw_only=True):
    """Coins that a user's trading account now holds and owes, as decimal text by coin."""

    name: str
    held: dict[str, Coins]
    owed: dict[str, Coins]


async def list_coins(call: Called, body: listings.Listing) -> ListedCoins:
    """List coins and pairs, all of them or none, then set the prices."""
    if not body.currencies and not body.instruments:
        sample = 'such as {"instruments": {"XRP-USDT": {"tick": "0.0001", "lot": "0.000001"}}, ...}'
        raise Wrong(400, "nothing to list", sample)
    try:
        command = listings.listing_of(body.currencies, body.instruments)
        prices = listings.prices_of(body.prices) if body.prices else None
    except BadValue as problem:
        raise Wrong(400, str(problem), "GET parameters shows the numbers of a coin in the form to send") from None
    await call.venue.submit(command)
    if prices is not None:
        await call.venue.submit(prices)
    return ListedCoins(
        currencies=[coin.ccy for coin in command.currencies],
        instruments=[pair.instrument for pair in command.instruments],
    )


async def make_account(call: Called, body: own_account.SavedBalance) -> MadeAccount:
    """Give a user the trading account of a saved answer, in the place of what it holds.

    All commands are tried out first, so that one that is refused leaves the account as it was.
    """

    def plan(state: State, now_ms: int) -> tuple[own_account.Standing, list[Command]]:
        user = state.users[id_of(state, call.name)]
        if ledger.debts(state, user.user_id) or user.frozen or user.promised:
            raise Wrong(409, f"{call.name} owes coins or has open orders", "repay and cancel, or make a new user")
        standing = own_account.standing_of(body, state.parameters)
        commands = [*_emptied(state, user), *own_account.commands_of(user.user_id, standing, state.parameters)]
        own.rehearse(core.decode_state(core.encode_state(state)), now_ms, commands)
        return standing, commands

    try:
        standing, commands = await call.venue.query(plan)
    except own.BadAccount as problem:
        raise Wrong(400, f"the body {problem}", "save the whole answer of GET /api/v5/account/balance") from None
    except own.Refused as problem:
        raise Wrong(
            409, str(problem), "POST parameters changes quotas and tiers, POST market/prices sets prices"
        ) from None
    for command in commands:
        await call.venue.submit(command)
    return MadeAccount(name=call.name, held=_texts(standing.held), owed=_texts(standing.owed))


def _emptied(state: State, user: User) -> list[Command]:
    """Commands that take all coins out of a trading account without debts."""
    held = ledger.equity(state, user.user_id)
    return [
        AdjustBalance(user_id=user.user_id, account="trading", ccy=ccy, delta=-amount)
        for ccy, amount in held.items()
        if amount
    ]


def _texts(amounts: Mapping[str, int]) -> dict[str, Coins]:
    return {ccy: text_from_atoms(amount) for ccy, amount in amounts.items()}


ENDPOINTS = (
    ControlEndpoint(
        "POST",
        "listings",
        body=listings.Listing,
        answer=ListedCoins,
        handler=list_coins,
        words=Doc("List new coins and pairs, all of them or none", "上线新的币种和交易对，要么全部生效，要么都不生效"),
        samples=(
            '{"currencies": {"XRP": {"discount_tiers": [["100000", "0.9"]]}}, "instruments": {"XRP-USDT": '
            '{"tick": "0.0001", "lot": "0.000001"}}, "prices": {"XRP-USDT": "0.5"}}',
        ),
        spelling=Spelling(
            "listings add",
            document=Doc(
                "File with currencies, instruments and prices, in JSON or TOML (.toml); - is standard input, in JSON",
                "含 currencies、instruments 和 prices 的文件，JSON 或 TOML（.toml）；- 表示标准输入（JSON）",
            ),
        ),
    ),
    ControlEndpoint(
        "POST",
        "users/*/account",
        body=own_account.SavedBalance,
        answer=MadeAccount,
        handler=make_account,
        words=Doc(
            "Give a user the trading account of a saved account/balance answer",
            "按保存的 account/balance 返回结果设置用户的交易账户",
        ),
        samples=('{"code": "0", "data": [{"details": [{"ccy": "BTC", "eq": "0.5", "liab": "0"}]}]}',),
        spelling=Spelling(
            "users account",
            name=USER,
            document=Doc(
                "File with a saved answer of account/balance, in JSON; - is standard input",
                "保存的 account/balance 应答文件（JSON）；- 表示标准输入",
            ),
        ),
    ),
)
