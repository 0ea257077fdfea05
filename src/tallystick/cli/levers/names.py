"""Names of the groups of levers, with their help. It loads nothing else, so that the list of commands is quick."""

from __future__ import annotations

from typing import Final

from tallystick.cli.frame.language import Words

GROUPS: Final[dict[str, Words]] = {
    "clock": Words(
        "The venue's clock: show it, freeze it, advance it, change its speed.", "平台的时钟：查看、冻结、推进、调速。"
    ),
    "prices": Words("Set prices; the market maker quotes around them.", "设定价格，平台报价随之围绕该价格。"),
    "book": Words("Set the exact quotes of an order book.", "设定精确的平台报价。"),
    "listings": Words("New coins and pairs.", "上线新的币种和交易对。"),
    "users": Words(
        "Users of the venue: their keys, balances, levels and loans.", "平台的用户：密钥、余额、等级和借币。"
    ),
    "pools": Words("Lending pools: list them, add coins or withdraw some.", "借币资金池：列出、存入或取出。"),
    "rates": Words(
        "Rates of borrowing, by hand, by bids or by the pool's usage.",
        "借币利率：手动设定、按出借报价或按资金池使用率。",
    ),
    "parameters": Words("Parameters of the exchange: show and change them.", "交易所的数值：查看和修改。"),
    "fund": Words("The insurance fund.", "风险准备金。"),
    "faults": Words(
        """Make requests, messages and events of the served venue go wrong on purpose.

        A rule says where, when and which fault; it counts how often it fired. Faults of what is said leave the journal
        as it is, and end with the server. Faults of what happens are commands, and outlive a restart. A reset of the
        venue ends all.
        """,
        """故意使运行中平台的请求、消息和事件出错。

        一条规则说明在何处、何时、出何种故障，并统计触发次数。影响应答的故障不改变日志，随服务结束；影响事件的故障
        是命令，重启后仍在。重置平台会删除全部规则。
        """,
    ),
    "snapshot": Words(
        """Save the served venue under a name, and go back to it.

        A snapshot holds everything: journal, users, balances, orders, keys, time. It stays until it is deleted, also
        after a reset.
        """,
        """以名称保存运行中的平台，并可恢复。

        快照包含全部内容：日志、用户、余额、订单、密钥和时间。删除之前一直保留，重置后仍在。
        """,
    ),
    "venue": Words(
        "The venue as a whole: health, journal, check, reset, collateral.", "平台整体：状态、日志、核对、重置、质押物。"
    ),
}
"""Help of each group. Its first paragraph is the group's line in the list of commands."""
