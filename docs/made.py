"""Diagrams and tables of the guide, made from the engine's own tables and from runs of it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable

from docs import fault_kinds, reasons, runs
from docs.chinese import in_chinese
from docs.runs import USER, Bench, rows
from docs.tables import table
from tallystick.engine import commands as c
from tallystick.engine import discount, flexible_loan, loan_risk, rates, repay, spot_risk
from tallystick.engine.amounts import ONE, atoms_from_text, cut, text_from_atoms, unit_of
from tallystick.testing import scenario, synopsis
from tallystick.testing.assertions import HOLDS
from tallystick.testing.wording import CHINESE, ENGLISH
from tallystick.venue.parameters import load_parameters


def block(name: str, *, chinese: bool = False) -> str:
    """The text of one block, ending in a line break. Raises KeyError, or ValueError: a word without Chinese."""
    if not chinese:
        return BLOCKS[name]().strip("\n") + "\n"
    text = IN_CHINESE[name]() if name in IN_CHINESE else in_chinese(BLOCKS[name]())
    return text.strip("\n") + "\n"


# ---- diagrams


def diagram(transitions: Iterable[tuple[str, str, str]], ends: set[str]) -> str:
    """Mermaid's state diagram of (before, what, after); "" is the beginning, `ends` lead out."""
    lines = ["```mermaid", "stateDiagram-v2"]
    named: dict[str, str] = {"": "[*]"}
    drawn = []
    for before, what, after in transitions:
        for state in (before, after):
            if state not in named:
                named[state] = f"s{len(named)}"
                lines.append(f'    state "{state}" as {named[state]}')
        drawn.append(f"    {named[before]} --> {named[after]} : {what}")
    return "\n".join([*lines, *drawn, *(f"    {named[end]} --> [*]" for end in sorted(ends)), "```"])


def repay_states() -> str:
    return diagram(repay.TRANSITIONS, {repay.FILLED, repay.FAILED})


def loan_states() -> str:
    flat = ((before, ", ".join(whats), after) for before, whats, after in loan_risk.TRANSITIONS)
    return diagram(flat, {loan_risk.CLOSED})


def account_states() -> str:
    flat = ((before, ", ".join(whats), after) for before, whats, after in spot_risk.TRANSITIONS)
    return diagram(flat, set())


# ---- scenarios


def told(name: str, *, chinese: bool = False) -> str:
    """A packaged scenario: what it says, and what came of it."""
    ends = [words.partition(" ")[0] for words in ENDS[chinese]]
    lines = synopsis.lines(scenario.load(name), chinese=chinese)
    said = [line for line in lines if line.split()[0] not in ends]
    fence = "\n".join(["```text", *(line if len(line) <= LONG else f"{line[:LONG]} ..." for line in said), "```"])
    plays = []
    for player, came in runs.played(name):
        variant = player.scenario.title.partition(": ")[2]
        plays.append("\n".join([*([f"{variant}:\n"] if variant else []), *(f"- {line}" for line in came.held)]))
    return "\n\n".join([fence, *(in_chinese(play) if chinese else play for play in plays)])


def two_indexes() -> str:
    """What came of the two variants, side by side."""
    columns = {player.scenario.title.partition(": ")[2]: came.summary for player, came in runs.played(TWO_INDEXES)}
    first = next(iter(columns.values()))
    return table(("", *columns), ((what, *(column[what] for column in columns.values())) for what in first))


ENDS = {False: (ENGLISH.rows, ENGLISH.holds, ENGLISH.index), True: (CHINESE.rows, CHINESE.holds, CHINESE.index)}
"""Lines of a story that the list of what came of it says too, in English and in Chinese."""
LONG = 150
"""Letters of a line of a story; what is longer stands in the file."""
TWO_INDEXES = "own-book-or-blended-index"


def cascade_sales() -> str:
    """Every sale of the cascade, and whom the index after it has reached."""
    series = runs.cascade()
    names = ("who", "sold", "price", "index")
    body = []
    before = 0
    for who, sold, price, index in zip(*(series.columns[name] for name in names), strict=True):
        size = atoms_from_text(sold) - before
        before += size
        reached = [
            name for name in ("ann", "ben", "cas", "dan", "lea") if float(index) <= series.numbers(f"due {name}")[0]
        ]
        body.append((who, text_from_atoms(size), price, index, ", ".join(reached)))
    return table(("account", "BTC sold", "at", "index after", "whose liquidation price is reached"), body)


def due_prices() -> str:
    """The price at which each of the people of the cascade is liquidated."""
    columns = runs.cascade().columns
    return table(
        ("who", "liquidation price"),
        ((name[4:], values[0]) for name, values in columns.items() if name.startswith("due ")),
    )


# ---- tables


def loan_thresholds() -> str:
    """Of a loan on one coin within its first discount tier, as `loan-info` answers them."""
    coins: dict[int, list[str]] = {}
    parameters = load_parameters()
    for currency in parameters.currencies.values():
        if currency.collateral:
            coins.setdefault(currency.discount_tiers[0][1], []).append(currency.ccy)
    body = []
    for rate in sorted(coins, reverse=True):
        coin = coins[rate][0]
        owed = "USDC" if coin == "USDT" else "USDT"
        known = {f"{ccy}-USDT": "100" for ccy in (coin, "USDC") if ccy != "USDT"}
        bench = Bench(known, None, **{coin: "10000"})
        bench.lend(owed, "1", **{coin: "10" if coin != "USDT" else "10000"})
        loan = bench.state.loans[bench.loan_id]
        limits = flexible_loan.thresholds(bench.state, loan)
        body.append((", ".join(coins[rate]), text_from_atoms(rate), *map(text_from_atoms, limits)))
    return table(("collateral", "discount", "initial LTV", "margin call LTV", "liquidation LTV"), body)


def loan_rows() -> str:
    """All twelve types, each with the first row of its kind that the runs below gave."""
    body = []
    for kind in flexible_loan.MOVES:
        found = [row for run in (_lifetime, _liquidations, _squeeze, _converted) for row in run() if row[0] == kind]
        first = {"minus" if amount.startswith("-") else "plus": (amount, ccy) for _, ccy, amount in reversed(found)}
        examples = list(dict.fromkeys((ccy, amount) for _, ccy, amount in found if (amount, ccy) in first.values()))
        if kind.endswith("liquidation"):
            examples = [(ccy, amount) for _, ccy, amount in found[:2]]
        example = "; ".join(f"`{amount}` {ccy}" for ccy, amount in examples)
        body.append((f"`{kind}`", CAUSES[kind], COINS[kind], " and ".join(first), example))
    return table(("type", "why", "coin", "sign", "example"), body)


CAUSES = {
    flexible_loan.BORROWED: "the loan is paid out",
    flexible_loan.REPAID: "the owner repays",
    flexible_loan.COLLATERAL_LOCKED: "collateral is pledged",
    flexible_loan.COLLATERAL_RELEASED: "collateral is redeemed, or the loan ends",
    flexible_loan.FORCED_REPAYMENT_SELL: "lenders left: collateral is sold",
    flexible_loan.FORCED_REPAYMENT_BUY: "lenders left: the loan coin is bought, the debt falls",
    flexible_loan.PARTIAL_LIQUIDATION: "liquidation of a part",
    flexible_loan.FORCED_LIQUIDATION: "liquidation of the whole",
    flexible_loan.SELL_COLLATERAL: "repay with collateral: collateral is sold",
    flexible_loan.BUY_TRANSITION_COIN: "repay with collateral: USDT from the sale",
    flexible_loan.SELL_TRANSITION_COIN: "repay with collateral: USDT is spent",
    flexible_loan.BUY_BORROWED_COIN: "repay with collateral: the loan coin is bought",
}
LOAN, COLLATERAL, BOTH, TRANSIT = "loan", "collateral", "one row for each coin of both sides", "USDT"
COINS = {
    flexible_loan.BORROWED: LOAN,
    flexible_loan.REPAID: LOAN,
    flexible_loan.COLLATERAL_LOCKED: COLLATERAL,
    flexible_loan.COLLATERAL_RELEASED: COLLATERAL,
    flexible_loan.FORCED_REPAYMENT_SELL: COLLATERAL,
    flexible_loan.FORCED_REPAYMENT_BUY: LOAN,
    flexible_loan.PARTIAL_LIQUIDATION: BOTH,
    flexible_loan.FORCED_LIQUIDATION: BOTH,
    flexible_loan.SELL_COLLATERAL: COLLATERAL,
    flexible_loan.BUY_TRANSITION_COIN: TRANSIT,
    flexible_loan.SELL_TRANSITION_COIN: TRANSIT,
    flexible_loan.BUY_BORROWED_COIN: LOAN,
}


@functools.cache
def _lifetime() -> list[tuple[str, str, str]]:
    bench = Bench({"BTC-USDT": "60000"}, BTC="0.03", USDT="1")
    found = bench.lend("USDT", "1000", BTC="0.03")
    bench.wait(2 * 3_600_000)
    return rows(
        found
        + bench.do(
            c.RepayLoan(user_id=USER, loan_id=bench.loan_id, ccy="USDT", amount=2_000 * ONE, client_order_id="two")
        )
    )


@functools.cache
def _liquidations() -> list[tuple[str, str, str]]:
    large = Bench({"BTC-USDT": "72000"}, BTC="0.2")
    large.lend("USDT", "10000", BTC="0.2")
    small = Bench({"BTC-USDT": "72000"}, BTC="0.03")
    small.lend("USDT", "1500", BTC="0.03")
    return rows(large.price("BTC-USDT", "51700") + small.price("BTC-USDT", "51700"))


@functools.cache
def _squeeze() -> list[tuple[str, str, str]]:
    bench = Bench({"BTC-USDT": "60000", "ETH-USDT": "3000"}, BTC="1")
    bench.lend("ETH", "10", BTC="1")
    pool = bench.state.parameters.currencies["ETH"].pool
    return rows(bench.do(c.MovePool(ccy="ETH", delta=atoms_from_text("6") - pool)))


CONVERSION_PRICES = {"BTC-USDT": "60000", "ETH-USDT": "3000", "SOL-USDT": "150", "USDC-USDT": "1"}


@functools.cache
def _converted() -> list[tuple[str, str, str]]:
    bench = Bench(CONVERSION_PRICES, ETH="20", BTC="0.9", USDC="150000")
    bench.lend("SOL", "1000", ETH="20", BTC="0.9", USDC="150000")
    return rows(
        bench.do(
            c.RepayLoanWithCollateral(
                user_id=USER, loan_id=bench.loan_id, ccy="SOL", amount=500 * ONE, collateral_ccys=("ETH", "BTC")
            )
        )
    )


def conversion() -> str:
    """The rows of repaying 500 SOL with ETH, the dearest listed coin, first, then BTC."""
    at = ", ".join(f"{pair.partition('-')[0]} at {price}" for pair, price in CONVERSION_PRICES.items())
    return f"500 SOL repaid out of 20 ETH and 0.9 BTC, ETH sold first, with {at}:\n\n" + table(
        ("type", "coin", "amount"),
        ((f"`{kind}`", ccy, f"`{amount}`") for kind, ccy, amount in _converted() if kind not in ("borrowed", LOCKED)),
    )


LOCKED = flexible_loan.COLLATERAL_LOCKED


def lending() -> str:
    """How much of each coin there is, as packaged."""
    parameters = load_parameters()
    body = []
    for currency in parameters.currencies.values():
        limits = (currency.quota, currency.min_borrow, currency.loan_max, currency.pool)
        body.append((currency.ccy, *map(text_from_atoms, limits)))
    return table(("coin", "spot quota", "smallest spot borrow", "flexible loan limit", "lending pool"), body)


def _percent(rate: int) -> str:
    return text_from_atoms(rate * 100)


def rate_curve() -> str:
    """What borrowing costs a year by how much of a pool is lent out."""
    parameters = load_parameters()
    usages = [ONE * share // 100 for share in (0, 50, 80, 90, 95, 100)]
    return table(
        ("lent out", "yearly rate"),
        ((f"{_percent(used)} %", f"{_percent(cut(rates.curve(parameters, used), ONE // 10**4))} %") for used in usages),
    )


def collateral_of_btc() -> str:
    """What amounts of BTC count for after the marginal discount tiers."""
    currency = load_parameters().currencies["BTC"]
    body = []
    for amount in ("1", "20", "22", "100"):
        atoms = atoms_from_text(amount)
        counted = discount.counted(currency, atoms)
        body.append((amount, text_from_atoms(counted), text_from_atoms(cut(counted * ONE // atoms, unit_of(5)))))
    return table(("BTC held", "counts as", "on average"), body)


def crash_rows() -> str:
    return _rows_of(runs.crash())


def peg_rows() -> str:
    return _rows_of(runs.peg())


def _rows_of(series: runs.Series) -> str:
    body = []
    for at_ms, what in series.marks:
        kind, amount, ccy = what.split(" ")
        body.append(
            (f"{dt.datetime.fromtimestamp(at_ms // 1000, dt.UTC):%d %b %H:%M}", f"`{kind}`", f"`{amount}`", ccy)
        )
    return table(("UTC", "type", "amount", "coin"), body)


def repay_legs() -> str:
    series = runs.legs()
    legs = {at_ms: words.replace("\n", " ") for at_ms, words in series.marks}
    body: list[tuple[str, ...]] = []
    for at_ms, debt, usdt in zip(*(series.columns[name] for name in ("ms", "debt", "usdt")), strict=True):
        first = "own USDC repay" if body else "before the request"
        body.append((at_ms, legs.get(int(at_ms), first), debt, usdt))
    return table(("ms", "what", "USDC owed", "USDT held"), body)


def spot_ladder() -> str:
    """The prices at which something happened, with what the account had left."""
    series = runs.spot_ladder()
    names = ("price", "ratio", "debt", "btc")
    left = {row[0]: row for row in zip(*(series.columns[name] for name in names), strict=True)}
    what: dict[str, list[str]] = {}
    for price, word in series.marks:
        what.setdefault(str(price), []).append(word)
    body = ((price, ", ".join(words), *left[price][1:]) for price, words in what.items())
    return table(("BTC-USDT", "what", "`mgnRatio` after", "USDT owed", "BTC left"), body)


def holds() -> str:
    body = ((f"`{name}`", (check.__doc__ or "").strip()) for name, check in HOLDS.items())
    return table(("name", "what must be true"), body)


def scenario_words() -> str:
    """Every field of a scenario file, by the table it stands in."""
    tables = {
        "top": scenario.Scenario,
        "`[[users]]`": scenario.User,
        "`[[crowd]]`": scenario.Crowd,
        "`[[steps]]`": scenario.Step,
        "`[[expect]]`": scenario.Expect,
        "`[outcome]`": scenario.Outcome,
        "`[outcome.times]`": scenario.Times,
        "`[[variants]]`": scenario.Variant,
    }
    body = ((place, ", ".join(f"`{name}`" for name in kind.__struct_fields__)) for place, kind in tables.items())
    return table(("where", "words"), body)


BLOCKS: dict[str, Callable[[], str]] = {
    "repay-states": repay_states,
    "loan-states": loan_states,
    "loan-thresholds": loan_thresholds,
    "loan-rows": loan_rows,
    "conversion": conversion,
    "lending": lending,
    "rate-curve": rate_curve,
    "collateral-of-btc": collateral_of_btc,
    "crash-rows": crash_rows,
    "peg-rows": peg_rows,
    "repay-legs": repay_legs,
    "spot-ladder": spot_ladder,
    "holds": holds,
    "scenario-words": scenario_words,
    "fault-kinds": fault_kinds.in_english,
    "reasons": reasons.in_english,
    "account-states": account_states,
    "cascade-due": due_prices,
    "cascade-sales": cascade_sales,
    "two-indexes": two_indexes,
    **{f"told-{name}": functools.partial(told, name) for name in scenario.names()},
}

IN_CHINESE: dict[str, Callable[[], str]] = {
    "fault-kinds": fault_kinds.in_chinese,
    "reasons": reasons.in_chinese,
    **{f"told-{name}": functools.partial(told, name, chinese=True) for name in scenario.names()},
}
"""Blocks whose declarations have words in Chinese too; `docs.chinese` translates the others."""
