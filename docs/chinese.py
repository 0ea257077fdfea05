"""Chinese words for generated tables, diagrams and plots of the guide.

The blocks are made once, in English; `in_chinese` translates their words and keeps numbers, code and names. A word
without a translation is an error, so a new label in a table or plot needs its Chinese here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tallystick.testing import wording

CODE = re.compile(r"`[^`]*`")
WORD = re.compile(r"[a-z]{2,}")
STATE = re.compile(r'(    state ")([^"]+)(" as \w+)')
ARROW = re.compile(r"(    \S+ --> \S+ : )(.+)")

KEPT = {"ann", "ben", "cas", "dan", "lea", "whale", "dave", "filled", "running", "failed"}
"""Names of people, and words of the API that stand in diagrams as they are."""

WORDS = {
    # heads of tables
    "where": "位置",
    "words": "字段",
    "top": "顶层",
    "name": "名称",
    "what must be true": "必须成立的条件",
    "collateral": "质押物",
    "discount": "折算率",
    "initial LTV": "初始 LTV",
    "margin call LTV": "追加保证金 LTV",
    "liquidation LTV": "强平 LTV",
    "type": "类型",
    "why": "原因",
    "coin": "币种",
    "sign": "正负",
    "example": "示例",
    "amount": "数量",
    "spot quota": "现货借币额度",
    "smallest spot borrow": "最小现货借币量",
    "flexible loan limit": "活期借币上限",
    "lending pool": "资金池",
    "lent out": "借出比例",
    "yearly rate": "年利率",
    "BTC held": "持有 BTC",
    "counts as": "折算为",
    "on average": "平均折算率",
    "ms": "毫秒",
    "what": "事件",
    "USDC owed": "所欠 USDC",
    "USDT held": "持有 USDT",
    "USDT owed": "所欠 USDT",
    "BTC left": "剩余 BTC",
    "`mgnRatio` after": "之后的 `mgnRatio`",
    "who": "用户",
    "liquidation price": "强平价格",
    "account": "账户",
    "BTC sold": "卖出 BTC",
    "at": "价格",
    "index after": "之后的指数",
    "whose liquidation price is reached": "到达谁的强平价格",
    # rows of loans
    "loan": "借款币",
    "plus": "正",
    "minus": "负",
    "minus and plus": "负和正",
    "plus and minus": "正和负",
    "one row for each coin of both sides": "两边每种币各一行",
    "the loan is paid out": "借款发放",
    "the owner repays": "借款人还币",
    "collateral is pledged": "质押物锁定",
    "collateral is redeemed, or the loan ends": "取回质押物，或借款结束",
    "lenders left: collateral is sold": "出借人撤资：卖出质押物",
    "lenders left: the loan coin is bought, the debt falls": "出借人撤资：买入借款币，负债减少",
    "liquidation of a part": "部分强平",
    "liquidation of the whole": "全部强平",
    "repay with collateral: collateral is sold": "用质押物还币：卖出质押物",
    "repay with collateral: USDT from the sale": "用质押物还币：卖出所得的 USDT",
    "repay with collateral: USDT is spent": "用质押物还币：付出 USDT",
    "repay with collateral: the loan coin is bought": "用质押物还币：买入借款币",
    # what happens to accounts and runs
    "before the request": "请求之前",
    "own USDC repay": "用自有 USDC 还币",
    "warning": "预警",
    "liquidation begins": "强平开始",
    "liquidation ends": "强平结束",
    "ends": "结束",
    # states and their causes
    "the same coin pays all, or all that can be paid": "同种币还清，或还清能还的部分",
    "other coins are listed, and can pay what is left": "列有其他币，且能偿还剩余部分",
    "sell the next listed coin for USDT, or for USDC, and the USDC for USDT": (
        "卖出下一种币换成 USDT，或先换成 USDC 再换成 USDT"
    ),
    "buy the debt coin with the USDT raised": "用所得的 USDT 买入负债币",
    "nothing to sell or buy is left, or the debt is gone": "没有可卖或可买的币，或负债已清",
    "below the margin call": "低于追加保证金 LTV",
    "at or above the margin call": "达到或超过追加保证金 LTV",
    "closed": "已结束",
    "without a debt": "没有负债",
    "above the warning ratio": "高于预警线",
    "at or below the warning ratio": "不高于预警线",
    "frozen: being liquidated": "冻结：正在强平",
    "price": "价格",
    "interest": "利息",
    "parameters": "参数",
    "order": "订单",
    "coins": "币的进出",
    "opened": "开户",
    "borrowed": "借入",
    "repaid": "还币",
    "collateral_locked": "追加质押物",
    "partial_liquidation": "部分强平",
    "forced_liquidation": "全部强平",
    "forced_repayment_buy": "强制还币",
    # outcomes of scenarios
    "own book": "自有订单簿",
    "blended": "混合指数",
    # plots
    "LTV": "LTV",
    "partial liquidation": "部分强平",
    "full liquidation": "全部强平",
    "LTV of bold": "大胆者的 LTV",
    "LTV of careful": "谨慎者的 LTV",
    "dashed: liquidation LTV of each": "虚线：各自的强平 LTV",
    "debt, USDT": "负债（USDT）",
    "interest of the hour, USDT": "每小时利息（USDT）",
    "hours since the borrow; the rate is doubled after 25": "借入之后的小时数；第 25 小时之后利率翻倍",
    "USDT raised": "筹得的 USDT",
    "seconds since the request": "请求之后的秒数",
    "margin ratio (log)": "保证金率（对数）",
    "warning at 3": "预警：3",
    "ends above 1.2": "结束：高于 1.2",
    "liquidation at 1": "强平：1",
    "BTC-USDT, falling to the right": "BTC-USDT（向右下跌）",
    "BTC-USDT, which is the index": "BTC-USDT（即指数）",
    "BTC sold by force, all at 09:15:00": "强制卖出的 BTC（都在 09:15:00）",
    "%-d %b": "%-m 月 %-d 日",
}

SIDES = {"sell": "卖出", "buy": "买入"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"(\d\d) ([A-Z][a-z]{2}) (\d\d:\d\d)"),
        lambda found: f"{MONTHS.index(found[2]) + 1} 月 {int(found[1])} 日 {found[3]}",
    ),
    (
        re.compile(r"(sell|buy) (\S+ \S+)([ \n])at (\S+)"),
        lambda found: f"{SIDES[found[1]]} {found[2]}{'，' if found[3] == ' ' else found[3]}价格 {found[4]}",
    ),
    (re.compile(r"sold for (\w+)"), lambda found: f"{found[1]} 被强平卖出"),
    (re.compile(r"(\w+) is due"), lambda found: f"{found[1]} 的强平价"),
    (
        re.compile(r"500 SOL repaid out of 20 ETH and 0\.9 BTC, ETH sold first, with (.+):"),
        lambda found: (
            "质押物为 20 ETH 和 0.9 BTC，偿还 500 SOL，先卖出 ETH；"
            f"价格为 {found[1].replace(' at ', ' ').replace(', ', '、')}："
        ),
    ),
    (re.compile(r"([a-z ]+):"), lambda found: f"{phrase(found[1])}："),
)


def phrase(text: str) -> str:
    """One label, cell or sentence in Chinese; numbers, code and names stay. Raises ValueError: no words for it."""
    if text in WORDS:
        return WORDS[text]
    if text in KEPT or not WORD.search(CODE.sub("", text)):
        return text
    if (said := wording.chinese(text)) is not None:
        return said
    for pattern, words in PATTERNS:
        if found := pattern.fullmatch(text):
            return words(found)
    if ", " in text:
        return "、".join(phrase(part) for part in text.split(", "))
    raise ValueError(f"docs/chinese.py has no Chinese for {text!r}")


def in_chinese(block: str) -> str:
    """A made block with its tables, lists and diagrams in Chinese; output of programs stays. Raises ValueError."""
    fence = ""
    lines = []
    for line in block.splitlines():
        if line.startswith("```"):
            fence = "" if fence else line
            lines.append(line)
        elif fence:
            lines.append(label(line) if fence == "```mermaid" else line)
        elif line.startswith("| "):
            lines.append(f"| {' | '.join(phrase(cell) for cell in line[2:-2].split(' | '))} |")
        elif line.startswith("- "):
            lines.append(f"- {phrase(line[2:])}")
        else:
            lines.append(phrase(line))
    return "\n".join(lines)


def label(line: str) -> str:
    """A line of a state diagram with its label in Chinese."""
    if found := STATE.fullmatch(line):
        return f"{found[1]}{phrase(found[2])}{found[3]}"
    if found := ARROW.fullmatch(line):
        return f"{found[1]}{phrase(found[2])}"
    return line
