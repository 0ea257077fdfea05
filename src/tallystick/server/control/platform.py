"""Control calls of the whole platform: lending pools, rates and bids, collateral limits, insurance fund."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Struct

from tallystick.contract.core import Doc, doc
from tallystick.engine import collateral, commands, fund, ledger, rates
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.state import State
from tallystick.server.control.form import Body, Called, Coins, ControlEndpoint, Empty, MaybeCoins, Spelling, Wrong
from tallystick.server.control.text import amount, movement

# ---- what is sent


Coin: TypeAlias = Annotated[str, doc("Coin", "币种")]


class PoolBody(Body, frozen=True, kw_only=True):
    """Movement of a pool; `amt` is signed decimal text: plus puts coins in, minus withdraws them."""

    ccy: Coin
    amt: Annotated[Coins, doc("Amount to put in; with a minus to withdraw", "存入的数量，负数为取出")]


class RateBody(Body, frozen=True, kw_only=True):
    """Rate of a coin; `apr` is decimal text, 0.073 for 7.3 % a year; null returns to the curve of the pool's usage."""

    ccy: Coin
    apr: Annotated[
        Coins | None,
        doc(
            "Rate a year, 0.073 for 7.3 %; null for the pool's usage",
            "年利率，7.3 % 写作 0.073；null 表示按资金池使用率",
        ),
    ]


class BidsBody(Body, frozen=True, kw_only=True):
    """Bids of lenders; each is [amount, least rate a year] in decimal text; an empty list returns to the curve."""

    ccy: Coin
    bids: Annotated[
        list[tuple[Coins, Coins]], doc("Amount and lowest yearly rate of a bid", "一笔出借的数量和最低年利率")
    ]


class FundBody(Body, frozen=True, kw_only=True):
    """Movement of the insurance fund; `amt` of the transit currency is signed decimal text."""

    amt: Annotated[Coins, doc("USDT to put in; with a minus to take out", "存入的 USDT，负数为取出")]


# ---- what is answered


class Pool(Struct, frozen=True, kw_only=True):
    """Lending pool of a coin: coins not lent, coins lent out with interest, and withdrawals that still wait."""

    ccy: str
    free: Coins
    lent: Coins
    waiting: Coins


class Pools(Struct, frozen=True, kw_only=True):
    pools: list[Pool]


class RateInForce(Struct, frozen=True, kw_only=True):
    """Rate of a coin.

    `apr` of this hour and `next`, that of the following one, are fractions a year. `source` is that of `next`;
    `usage` is the share of the pool that is lent out.
    """

    ccy: str
    apr: Coins
    next: Coins
    by_hand: bool
    source: Literal["hand", "auction", "curve"]
    bids: list[tuple[Coins, Coins]]
    usage: Coins


class Rates(Struct, frozen=True, kw_only=True):
    rates: list[RateInForce]


class Rate(Struct, frozen=True, kw_only=True):
    ccy: str
    apr: Coins | None


class Bids(Struct, frozen=True, kw_only=True):
    """Bids of a coin; `next` is the rate of borrowing from the next full hour on."""

    ccy: str
    bids: list[tuple[Coins, Coins]]
    next: Coins


class Backed(Struct, frozen=True, kw_only=True):
    """Debts in USD that a coin backs, and its limit, "" for none. The other fields are those of the API."""

    ccy: str
    backed: Coins
    limit: MaybeCoins
    colRes: str
    colBorrAutoConversion: str


class Collateral(Struct, frozen=True, kw_only=True):
    collateral: list[Backed]


class Fund(Struct, frozen=True, kw_only=True):
    """Insurance fund: its `coins`, the `bad_debt` it could not pay so far; `borrowing` is halted while it is empty."""

    ccy: str
    amt: Coins
    coins: dict[str, Coins]
    bad_debt: Coins
    borrowing: Literal["open", "halted"]


# ---- the calls


async def list_pools(call: Called, body: Empty) -> Pools:
    return Pools(
        pools=await call.venue.query(lambda state, _: [pool_of(state, ccy) for ccy in state.parameters.currencies])
    )


async def move_pool(call: Called, body: PoolBody) -> Pool:
    """Move coins into or out of a pool. Answers with the pool after debts were called in for coins that are lent."""
    delta = movement(body.amt, "amt")
    return await call.venue.perform(
        lambda state, now_ms: commands.MovePool(ccy=body.ccy, delta=delta),
        lambda stamp, events, state: pool_of(state, body.ccy),
    )


def pool_of(state: State, ccy: str) -> Pool:
    return Pool(
        ccy=ccy,
        free=text_from_atoms(ledger.balance(state, "pool", ccy)),
        lent=text_from_atoms(state.lent.get(ccy, 0)),
        waiting=text_from_atoms(state.redemptions.get(ccy, 0)),
    )


async def show_rates(call: Called, body: Empty) -> Rates:
    return Rates(rates=await call.venue.query(lambda state, _: rates_of(state)))


async def set_rate(call: Called, body: RateBody) -> Rate:
    apr = 0 if body.apr is None else amount(body.apr, "apr")
    if body.apr is not None and apr == 0:
        raise Wrong(400, "a rate must be above 0", "null returns to the curve")
    setting = commands.Setting(table="currencies", row=body.ccy, field="rate_per_year", value=apr)
    await call.venue.submit(commands.ChangeParameters(settings=(setting,)))
    return Rate(ccy=body.ccy, apr=body.apr)


async def set_bids(call: Called, body: BidsBody) -> Bids:
    bids = tuple((amount(size, "bids"), amount(rate, "bids")) for size, rate in body.bids)
    return await call.venue.perform(
        lambda state, now_ms: commands.SetBids(ccy=body.ccy, bids=bids),
        lambda stamp, events, state: Bids(
            ccy=body.ccy, bids=bids_of(state, body.ccy), next=text_from_atoms(rates.now(state, body.ccy))
        ),
    )


def bids_of(state: State, ccy: str) -> list[tuple[str, str]]:
    return [(text_from_atoms(size), text_from_atoms(rate)) for size, rate in state.bids.get(ccy, ())]


def rates_of(state: State) -> list[RateInForce]:
    return [
        RateInForce(
            ccy=ccy,
            apr=text_from_atoms(rates.in_force(state, ccy)),
            next=text_from_atoms(rates.now(state, ccy)),
            by_hand=currency.rate_per_year > 0,
            source="hand" if currency.rate_per_year else "auction" if ccy in state.bids else "curve",
            bids=bids_of(state, ccy),
            usage=text_from_atoms(rates.usage(state, ccy)),
        )
        for ccy, currency in state.parameters.currencies.items()
    ]


async def list_collateral(call: Called, body: Empty) -> Collateral:
    return Collateral(collateral=await call.venue.query(lambda state, _: collateral_of(state)))


def collateral_of(state: State) -> list[Backed]:
    totals: dict[str, int] = {}
    for user_id in state.users:
        for ccy, value in collateral.backed(state, user_id).items():
            totals[ccy] = totals.get(ccy, 0) + value
    found = []
    for ccy, currency in state.parameters.currencies.items():
        level, gauge = state.collateral_levels.get(ccy, (collateral.FREE, 0))
        found.append(
            Backed(
                ccy=ccy,
                backed=text_from_atoms(totals.get(ccy, 0)),
                limit=text_from_atoms(currency.collateral_limit) if currency.collateral_limit else "",
                colRes=str(level),
                colBorrAutoConversion=str(gauge),
            )
        )
    return found


async def show_fund(call: Called, body: Empty) -> Fund:
    return await call.venue.query(lambda state, _: fund_of(state))


async def move_fund(call: Called, body: FundBody) -> Fund:
    delta = movement(body.amt, "amt")
    return await call.venue.perform(
        lambda state, now_ms: commands.MoveFund(delta=delta), lambda stamp, events, state: fund_of(state)
    )


def fund_of(state: State) -> Fund:
    transit = state.parameters.transit_ccy
    return Fund(
        ccy=transit,
        amt=text_from_atoms(fund.holds(state)),
        coins={ccy: text_from_atoms(left) for ccy, left in sorted(state.ledger.get("insurance", {}).items())},
        bad_debt=text_from_atoms(-ledger.balance(state, "bad_debt", transit)),
        borrowing=borrowing(state),
    )


def borrowing(state: State) -> Literal["open", "halted"]:
    """State of lending as a whole: halted while the insurance fund is empty."""
    return "halted" if fund.is_empty(state) else "open"


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "rates",
        Empty,
        Rates,
        show_rates,
        Doc(
            "Show the rate of borrowing per currency, and the share of the pool that is lent out",
            "查看各币种的借币利率和资金池使用率",
        ),
        spelling=Spelling("rates show"),
    ),
    ControlEndpoint(
        "POST",
        "rates",
        RateBody,
        Rate,
        set_rate,
        Doc(
            "Set a rate by hand from the next hour on; null returns to the rate that follows from the pool's usage",
            "手动设定利率，`null` 恢复为按资金池使用率计算；下一整点起生效",
        ),
        ('{"ccy": "USDT", "apr": "0.073"}', '{"ccy": "USDT", "apr": null}'),
        spelling=Spelling("rates set", ("ccy", "apr")),
    ),
    ControlEndpoint(
        "POST",
        "rates/bids",
        BidsBody,
        Bids,
        set_bids,
        Doc(
            "Set the bids of lenders: amounts, each with its lowest yearly rate. The cheapest bids that cover all "
            "debts are used; the highest rate among them holds from the next hour on; `[]` returns to the curve",
            "设定出借人的报价：数量和最低年利率。按利率从低到高取用报价，直到覆盖全部负债；"
            "其中最高的利率从下一整点起生效，`[]` 恢复为按使用率计算",
        ),
        ('{"ccy": "USDT", "bids": [["1000000", "0.03"], ["500000", "0.08"]]}',),
        spelling=Spelling("rates bids", ("ccy",)),
    ),
    ControlEndpoint(
        "GET",
        "pools",
        Empty,
        Pools,
        list_pools,
        Doc("List the lending pools, per currency", "列出各币种出借人存入的币"),
        spelling=Spelling("pools list"),
    ),
    ControlEndpoint(
        "POST",
        "pools",
        PoolBody,
        Pool,
        move_pool,
        Doc(
            "Withdraw coins of lenders (or add some); debts are repaid by force when lent coins are withdrawn",
            "出借人取出（或存入）币，已借出的部分会触发强制还币",
        ),
        ('{"ccy": "USDT", "amt": "-1000000"}',),
        spelling=Spelling("pools move", ("ccy", "amt")),
    ),
    ControlEndpoint(
        "GET",
        "collateral",
        Empty,
        Collateral,
        list_collateral,
        Doc(
            "Show the debts that each coin backs, its collateral limit, `colRes` and the level of its automatic "
            "conversion; limits are set with `parameters`",
            "查看每个币种支撑的负债、平台质押上限、`colRes` 和自动换币风险等级；上限用 `parameters` 设置",
        ),
        spelling=Spelling("venue collateral"),
    ),
    ControlEndpoint(
        "GET",
        "fund",
        Empty,
        Fund,
        show_fund,
        Doc("Show the insurance fund", "查看风险准备金"),
        spelling=Spelling("fund show"),
    ),
    ControlEndpoint(
        "POST",
        "fund",
        FundBody,
        Fund,
        move_fund,
        Doc(
            "Take USDT out of the insurance fund (or put some in). While it is empty nothing new is lent; `health` "
            'shows `"borrowing": "halted"`',
            '从风险准备金取出（或存入）USDT。准备金为空时不再出借任何币，`health` 显示 `"borrowing": "halted"`',
        ),
        ('{"amt": "-1000000"}',),
        spelling=Spelling("fund move", ("amt",)),
    ),
)
