"""The page on how the venue differs from the exchange: twenty numbers and choices that can change a user's result.

Values, confidence and levers come from the packaged parameters and the list of decisions, so that the page cannot
name what is not there. `python -m docs.differs` writes it anew, in both languages.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from docs.tables import table
from tallystick.venue.fidelity import CHOSEN, ParameterSource, report

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "docs" / "differs.md", ROOT / "docs" / "differs.zh-CN.md")
MADE = re.compile(r"(<!-- made: differences -->\n).*?(<!-- end -->)", re.DOTALL)
CONFIDENCE = {
    "documented": ("printed by the exchange", "交易所文档写明"),
    "observed": ("seen in one answer", "见于一次应答"),
    "inferred": ("assumed", "假定"),
    CHOSEN: ("our choice", "我们的选择"),
}


class Difference(NamedTuple):
    """One row: what it is about, what the venue does, and what changes it.

    `numbers` are parameters whose values are shown; their source is the confidence. A choice without a number has a
    `lever` in words of the command line instead, or none.
    """

    en: tuple[str, str]
    zh: tuple[str, str]
    page: str
    numbers: tuple[str, ...] = ()
    lever: str = ""


DIFFERENCES = (
    Difference(
        (
            "Rate of a debt",
            "Depends on how much of the pool is lent, hourly: base rate, slope, kink, slope beyond it",
        ),
        ("借币利率", "每小时按资金池借出的比例确定：基准利率、斜率、拐点、拐点之后的斜率"),
        "012",
        ("constants.rate_base", "constants.rate_slope", "constants.rate_kink", "constants.rate_slope_beyond"),
    ),
    Difference(
        ("Smallest manual borrow", "A smaller amount is refused; shown for BTC and USDT"),
        ("最小借币数量", "手动借币少于此数会被拒绝，此处为 BTC 和 USDT"),
        "003",
        ("currencies.BTC.min_borrow", "currencies.USDT.min_borrow"),
    ),
    Difference(
        ("Leverage of a coin", "The leverage of an account that has not set it"),
        ("币种杠杆", "账户未设置时的杠杆"),
        "003",
        ("constants.leverage",),
    ),
    Difference(
        ("Trading fee", "The taker fee of a regular user at level 1; yours may be lower"),
        ("手续费", "普通用户 Lv1 的吃单费率；你的费率可能更低"),
        "012",
        ("constants.taker_fee",),
    ),
    Difference(
        ("Price limit of a repay leg", "How far from the last price an order of one-click repay may fill"),
        ("一键还债的价格限制", "一键还债的订单可以偏离最新成交价多远"),
        "006",
        ("constants.repay_bound",),
    ),
    Difference(
        ("Pace of a one-click repay", "Milliseconds to the first leg, and between two legs"),
        ("一键还债的节奏", "到第一笔的毫秒数，以及两笔之间的毫秒数"),
        "006",
        ("constants.repay_first_delay_ms", "constants.repay_leg_delay_ms"),
    ),
    Difference(
        ("Coins of a one-click repay", "Most coins in the list; a longer list is refused"),
        ("一键还债的币种个数", "更长的列表会被拒绝"),
        "006",
        ("constants.repay_coins_max",),
    ),
    Difference(
        ("Spread of a convert quote", "Half the spread for BTC and ETH, for stable coins, for others"),
        ("闪兑报价的价差", "一半价差：BTC 和 ETH、稳定币、其他币"),
        "013",
        (
            "constants.convert_half_spread",
            "constants.convert_half_spread_stable",
            "constants.convert_half_spread_other",
        ),
    ),
    Difference(
        ("Size of a conversion", "Smallest and largest, in the quote coin"),
        ("闪兑数量", "最小和最大值，以计价货币计"),
        "013",
        ("constants.convert_min_quote", "constants.convert_max_quote"),
    ),
    Difference(
        ("LTV of a flexible loan", "The discount rate divided by these numbers: initial LTV, liquidation LTV"),
        ("活期借币的 LTV", "折算率除以这些数：初始、强平"),
        "004",
        ("constants.loan_initial", "constants.loan_liquidation"),
    ),
    Difference(
        ("Warning before liquidation", "How far the margin call LTV is below the liquidation LTV"),
        ("强平前的预警", "追加保证金的 LTV 比强平的 LTV 低多少"),
        "004",
        ("constants.loan_margin_call_gap",),
    ),
    Difference(
        ("Fee of a liquidated loan", "Share of the sold collateral"),
        ("活期借币的强平费用", "占卖出质押物的比例"),
        "011",
        ("constants.loan_liquidation_fee",),
    ),
    Difference(
        ("How much is liquidated", "Share of the debt; a debt below the second number, in USD, is liquidated in full"),
        ("强平的比例", "占负债的比例；负债低于第二个数（美元）时全部强平"),
        "011",
        ("constants.loan_close_factor", "constants.loan_small_usd"),
    ),
    Difference(
        ("Efficiency mode", "Initial LTV, margin call LTV, liquidation LTV"),
        ("高效模式", "初始、追加保证金、强平的 LTV"),
        "011",
        (
            "constants.loan_e_mode_initial",
            "constants.loan_e_mode_margin_call",
            "constants.loan_e_mode_liquidation",
        ),
    ),
    Difference(
        (
            "Accounts in liquidation",
            "Coins are sold in steps until the margin ratio reaches the target: target, share of a step, price limit",
        ),
        ("账户强平", "分批卖出直到保证金率恢复：目标、每批比例、价格限制"),
        "012",
        (
            "constants.spot_liquidation_target",
            "constants.spot_liquidation_slice",
            "constants.spot_liquidation_bound",
        ),
    ),
    Difference(
        ("When lenders leave", "Debts are repaid by force until this share of the pool is lent"),
        ("出借人撤资时", "强制还币，直到资金池借出的比例降到此数"),
        "011",
        ("constants.forced_repayment_usage",),
    ),
    Difference(
        (
            "Depth of the book",
            "Value within 1 % of the mid price on each side, here of BTC-USDT; levels are synthetic",
        ),
        ("盘口深度", "中间价 1% 以内每一侧的价值，此处为 BTC-USDT；各档价位是合成的"),
        "002",
        ("instruments.BTC-USDT.depth_quote",),
    ),
    Difference(
        ("Index", "The index is the market price; the number is the weight of the venue's own last trade in the index"),
        ("指数", "指数即市场价格；数值是平台自身最新成交在指数中的权重"),
        "015",
        ("constants.index_own_share",),
    ),
    Difference(
        ("Prices", "A made-up random walk, or candles you import; USDC-USDT stands at 1 where it is not imported"),
        ("行情", "由随机游走虚构，或由导入的 K 线播放；没有导入 USDC-USDT 时，它固定为 1"),
        "056",
        lever="tally serve --market",
    ),
    Difference(
        ("State of the API", "January 2026; later changes only if you ask for them"),
        ("接口版本", "2026 年 1 月；之后的变化只在要求时提供"),
        "029",
        lever="tally serve --surface",
    ),
)


def fresh(page: Path) -> str:
    """The text of the page with today's differences."""
    chinese = page.name.endswith(".zh-CN.md")
    return MADE.sub(lambda found: f"{found[1]}{rows(chinese)}\n{found[2]}", page.read_text(encoding="utf-8"))


def rows(chinese: bool) -> str:
    """A line for each difference."""
    decisions = {row.page[:3]: row.page for row in report().decisions}
    head = (
        ("项目", "平台的做法", "数值", "可信度", "改变它的参数", "说明")
        if chinese
        else ("what", "what the venue does", "number", "confidence", "lever", "why")
    )
    body = []
    for one in DIFFERENCES:
        numbers = numbers_of(one)
        about, does = one.zh if chinese else one.en
        body.append(
            (
                about,
                does,
                ", ".join(str(number.value) for number in numbers) or "-",
                _confidence([number.source for number in numbers] or [CHOSEN], chinese),
                _lever(one),
                f"[{one.page}](decisions/{decisions[one.page]}.md)",
            )
        )
    return table(head, body)


def numbers_of(one: Difference) -> list[ParameterSource]:
    """The packaged numbers of a row. Raises KeyError."""
    known = {number.name: number for number in report().parameters}
    return [known[name] for name in one.numbers]


def _confidence(sources: list[str], chinese: bool) -> str:
    words = dict.fromkeys(CONFIDENCE[source][chinese] for source in sources)
    return ("、" if chinese else ", ").join(words)


def _lever(one: Difference) -> str:
    return f"`{one.lever}`" if one.lever else ", ".join(f"`{name}`" for name in one.numbers)


def main() -> None:
    for page in PAGES:
        text = fresh(page)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            print(f"rewrote {page.name}")


if __name__ == "__main__":
    main()
