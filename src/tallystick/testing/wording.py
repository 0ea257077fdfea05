"""Words of scenarios in English and Chinese: the lines of a synopsis, and Chinese for what a playing has found."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct


class Wording(Struct, frozen=True):
    """Lines of a synopsis in one language, filled with `str.format`."""

    begins: str
    by_hand: str
    market: str
    price: str
    number: str
    who: str
    variant: str
    variant_about: str
    rows: str
    liquidated: str
    nobody: str
    bad_debt: str
    index: str
    times: str
    holds: str
    unknown: str
    accounts: dict[str, str]
    comma: str
    borrowing: str
    modes: str
    to: str
    some: str
    exactly: str
    crowd: str
    either: str
    spends: str
    warned: str
    correlation: str
    posts: str
    refused: str
    at: str
    book: str
    withdraws: str
    lends: str
    takes: str
    pays: str
    fault: str
    follows: str
    waits: str


ENGLISH: Final = Wording(
    begins="begins   {at} UTC, {market}",
    by_hand="prices by hand",
    market="market {name}",
    price="price    {instrument} {price}",
    number="number   {line}",
    who="who      {line}",
    variant="variant  {name}",
    variant_about="variant  {name}: {about}",
    rows="rows     {user}: {get} must answer the {count} rows of the file",
    liquidated="end      liquidated in this order: {names}",
    nobody="nobody",
    bad_debt="end      bad debt in all: {amount}",
    index="end      the index of {instrument} is {price}",
    times="end      warnings and liquidations come at the times of the file: {count} users",
    holds="holds    {name}: {words}",
    unknown="unknown",
    accounts={"trading": "trading", "funding": "funding"},
    comma=", ",
    borrowing="borrowing on",
    modes="modes open: {modes}",
    to=" to ",
    some=", {fewest} to {most} of them",
    exactly=", {most} of them",
    crowd=(
        "{count} x {name} from seed {seed}: each pledges {value} USD of {coins}{some} and borrows {share} of the most "
        "{loan_ccy} it supports{spent}"
    ),
    either=" or ",
    spends=" and spends it",
    warned="; when warned: {behaviour}",
    correlation="; size and share hang together by {correlation}",
    posts="{user} posts {post} {body}",
    refused=", which is refused with {code}",
    at="{instrument} at {price}",
    book="the book of {instrument} is bids {bids}, asks {asks}",
    withdraws="lenders withdraw {amount} {ccy}",
    lends="lenders add {amount} {ccy}",
    takes="{user} takes {amount} {ccy} out of {account}",
    pays="{user} pays {amount} {ccy} in to {account}",
    fault="fault {fault} on {on} {rest}",
    follows="{instrument} follows {path}",
    waits="time passes",
)
CHINESE: Final = Wording(
    begins="开始     {at} UTC，{market}",
    by_hand="价格手动设定",
    market="行情 {name}",
    price="价格     {instrument} {price}",
    number="参数     {line}",
    who="用户     {line}",
    variant="变体     {name}",
    variant_about="变体     {name}：{about}",
    rows="记录     {user}：{get} 必须返回文件中的 {count} 条记录",
    liquidated="结局     强平的顺序：{names}",
    nobody="无人",
    bad_debt="结局     坏账合计：{amount}",
    index="结局     {instrument} 的指数为 {price}",
    times="结局     预警和强平的时间与文件一致：{count} 个用户",
    holds="成立     {name}：{words}",
    unknown="未知",
    accounts={"trading": "交易账户", "funding": "资金账户"},
    comma="，",
    borrowing="已开启借币",
    modes="已开通模式 {modes}",
    to=" 至 ",
    some="中的 {fewest} 至 {most} 种",
    exactly="中的 {most} 种",
    crowd=(
        "{count} 个 {name}，种子 {seed}：每人质押价值 {value} USD 的 {coins}{some}，"
        "借入其最多可借 {loan_ccy} 的 {share}{spent}"
    ),
    either="、",
    spends="，并全部花出",
    warned="；收到预警时：{behaviour}",
    correlation="；规模与比例的相关程度为 {correlation}",
    posts="{user} 调用 {post} {body}",
    refused="，被拒绝，错误码为 {code}",
    at="{instrument} 为 {price}",
    book="{instrument} 的订单簿：买盘 {bids}，卖盘 {asks}",
    withdraws="出借人取出 {amount} {ccy}",
    lends="出借人存入 {amount} {ccy}",
    takes="{user} 从{account}取出 {amount} {ccy}",
    pays="{user} 向{account}存入 {amount} {ccy}",
    fault="故障 {fault}，作用于 {on} {rest}",
    follows="{instrument} 按 {path} 变化",
    waits="等待",
)

FOUND: Final = {
    "trading accounts liquidated": "被强平的交易账户",
    "loans liquidated": "被强平的借款",
    "loans still open": "未结束的借款",
    "highest LTV": "最高 LTV",
    "bad debt": "坏账",
    "every currency sums to zero over all accounts": "每种币在所有账户中的总和为零",
    "no loan was liquidated": "没有借款被强平",
    "loan rows and interest add up to what is owed and locked, to the last digit": (
        "借款的记录与利息之和等于负债和锁定的质押物，精确到最后一位"
    ),
    "Each currency sums to zero, none is negative, frozen coins match orders and loans, coins lent match debts.": (
        "每种币在所有账户中的总和为零，没有负数，冻结的数量与订单和借款相符，出借的数量与负债相符。"
    ),
    "No open loan stands at or above its liquidation LTV.": "未结束的借款都低于各自的强平 LTV。",
    "At least one loan was liquidated.": "至少有一笔借款被强平。",
    "No loan was liquidated.": "没有借款被强平。",
    "At least one loan is still open.": "至少有一笔借款未结束。",
    "Loans were repaid by force, and none was liquidated.": "有借款被强制偿还，没有借款被强平。",
    "Debt and collateral of each loan equal the sum of its rows and interest.": (
        "每笔借款的负债和锁定的质押物等于其记录与利息之和。"
    ),
    "A trading account was liquidated, and the liquidation is over.": "有交易账户被强平，且强平已结束。",
    "No trading account stands at or below its liquidation ratio; those being liquidated are not counted.": (
        "交易账户的保证金率都高于强平线，正在强平的账户不计。"
    ),
    "The last hour of interest cost at least ten times the rate of the first.": (
        "最后一小时的利率至少是第一小时的十倍。"
    ),
}
"""Chinese for what `assertions` and `outcome` say."""


TIMED: Final = {"warned": "预警", "liquidation_begins": "强平开始", "liquidation_ends": "强平结束"}


def _after(said: str) -> str:
    """Time since the start, or none."""
    return "从未发生" if said == "never" else f"开始后 {said.removeprefix('after ')}"


def _names(names: str) -> str:
    return CHINESE.nobody if names == ENGLISH.nobody else names.replace(", ", "、")


def _not(rest: str) -> str:
    """Rest of a sentence that says who or what was wanted instead, empty where nothing else was."""
    wanted = _names(rest.removeprefix(", not "))
    return f"，而不是{' ' if wanted[0].isascii() else ''}{wanted}" if wanted else ""


PATTERNS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"index of (\S+)"), lambda found: f"{found[1]} 的指数"),
    (
        re.compile(r"the index of (\S+) is ([^ ,]+)(.*)"),
        lambda found: f"{found[1]} 的指数为 {found[2]}{_not(found[3])}",
    ),
    (re.compile(r"bad debt in all: ([^ ,]+)(.*)"), lambda found: f"坏账合计：{found[1]}{_not(found[2])}"),
    (
        re.compile(r"liquidated in this order: (.+?)((?:, not .+)?)"),
        lambda found: f"强平的顺序：{_names(found[1])}{_not(found[2])}",
    ),
    (re.compile(r"(\d+) loans? liquidated, in part or whole"), lambda found: f"{found[1]} 笔借款被部分或全部强平"),
    (re.compile(r"(\d+) loans? still open"), lambda found: f"{found[1]} 笔借款未结束"),
    (re.compile(r"(\d+) forced repayments?, no liquidation"), lambda found: f"{found[1]} 次强制还币，没有强平"),
    (
        re.compile(r"(\d+) open loans?, none at its liquidation threshold"),
        lambda found: f"没有未结束的借款达到强平 LTV（共 {found[1]} 笔）",
    ),
    (
        re.compile(r"(\d+) trading accounts? liquidated, none still frozen"),
        lambda found: f"{found[1]} 个交易账户被强平，没有账户仍被冻结",
    ),
    (
        re.compile(r"(\d+) trading accounts? in debt, none at its liquidation ratio"),
        lambda found: f"没有交易账户达到强平线（有负债的共 {found[1]} 个）",
    ),
    (
        re.compile(r"warnings and liquidations come at their times: (\d+) users?"),
        lambda found: f"预警和强平的时间与要求一致：{found[1]} 个用户",
    ),
    (
        re.compile(r"(warned|liquidation_begins|liquidation_ends) of (\S+), number (\d+): (.+), not (.+)"),
        lambda found: f"{found[2]} 的第 {found[3]} 次{TIMED[found[1]]}：{_after(found[4])}，而不是{_after(found[5])}",
    ),
    (re.compile(r"the yearly rate went from (\S+) to (\S+)"), lambda found: f"年利率从 {found[1]} 变为 {found[2]}"),
)


def chinese(found: str) -> str | None:
    """Chinese for a line that `assertions` or `outcome` has made; None for any other."""
    if found in FOUND:
        return FOUND[found]
    return next((words(match) for pattern, words in PATTERNS if (match := pattern.fullmatch(found))), None)
