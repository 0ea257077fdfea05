"""The command `tally`. A command's module is loaded when the command is called, so that `tally --version` is quick."""

from __future__ import annotations

import click

import tallystick
from tallystick.cli.frame.commands import first_sentence
from tallystick.cli.frame.entry import Entry
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import LANG
from tallystick.cli.levers.names import GROUPS
from tallystick.store.format import FORMAT

LEVERS = {name: Words(*map(first_sentence, words)) for name, words in GROUPS.items()}
"""Levers of the venue."""

COMMANDS = {
    "debts": Words(
        "Show what is owed: spot debts, running one-click repays and flexible loans, with margin and LTV.",
        "显示欠款：现货负债、进行中的一键还债和活期借币，以及保证金率和 LTV。",
    ),
    "repay": Words(
        "Repay the debt of a coin: send one request, then read until the outcome is known.",
        "偿还一种币的负债：只发送一次请求，然后读取直到结果明确。",
    ),
    "borrow": Words(
        "Borrow a coin in Spot mode, into the trading account.",
        "在现货模式下借入一种币，计入交易账户。",
    ),
    "auto-repay": Words("Switch automatic repayment on or off.", "开启或关闭自动还币。"),
    "loans": Words(
        "Flexible loans: list them, borrow, repay, adjust collateral.",
        "活期借币：列出、借入、偿还、调整质押物。",
    ),
    "convert": Words(
        "Sell AMT of one coin for another: one quote, one trade against it.",
        "卖出一种币并买入另一种：一次询价，一次成交。",
    ),
    "balance": Words(
        "Show the coins of the trading and the funding account.",
        "显示交易账户和资金账户中的币种。",
    ),
    "history": Words(
        "List a history by its name, newest first, over all its pages.",
        "按名称列出历史记录，最新的在前，自动翻页。",
    ),
    "archive": Words(
        "Keep the histories of accounts in one file, and prove that nothing is missing.",
        "将账户的历史记录保存在一个文件中，并证明没有遗漏。",
    ),
    "watch": Words(
        "Show debts, LTV, repays leg by leg and the clock, live; q ends it.",
        "实时显示负债、LTV、还债步骤和时钟；按 q 退出。",
    ),
    "whoami": Words(
        "Show the account that commands act for: host, user, permissions of the key and settings of borrowing.",
        "显示命令所使用的账户：主机、用户、密钥权限和借币设置。",
    ),
    "profile": Words(
        "Profiles, which hold a host and its keys: list, show, add, remove and use them.",
        "含主机及其密钥的配置：列出、显示、添加、删除、选用。",
    ),
    "call": Words(
        "Call any endpoint of the API by its name, with its fields as options.",
        "按名称调用 API 的任一接口，字段即选项。",
    ),
    "serve": Words(
        "Serve the venue until Ctrl-C; the next start goes on where this one stopped.",
        "运行平台直到 Ctrl-C；下次启动从停止处继续。",
    ),
    "console": Words(
        "Serve a page to look at a venue and to move it: balances, debts, loans, the clock and prices.",
        "提供一个网页，用来查看平台并操作它：余额、负债、借款、时钟和价格。",
    ),
    "keys": Words(
        "Show the keys of the initial users, secrets included.",
        "显示初始用户的密钥，包括 Secret Key。",
    ),
    "verify": Words(
        "Run every command of the journal again and compare the results with all that is stored.",
        "重新执行日志中的每条命令，并与所存内容逐一比较。",
    ),
    "store": Words(
        "Copy a venue between a data folder and a database.",
        "在数据目录和数据库之间复制平台。",
    ),
    "tail": Words(
        "Show the requests and events of a served venue as they come, until Ctrl-C.",
        "持续显示平台的请求和事件，按 Ctrl-C 结束。",
    ),
    "scenario": Words(
        "Scenarios with prices, users and expected results: play them and see what happens.",
        "带有价格、用户和预期结局的场景：运行并查看经过。",
    ),
    "lab": Words(
        "Lab: run a book of loans over many price paths, decided by the venue's own rules.",
        "实验室：让一组借款走过许多条价格路径，并按平台自己的规则判定。",
    ),
    "market": Words(
        "Instruments, currencies, fees, delays, and prices of your own: what the venue starts with.",
        "交易对、币种、手续费、延迟和自己的行情：平台的初始数值。",
    ),
    "fidelity": Words(
        "List where every endpoint, decision and number comes from.",
        "列出每个接口、决策和数值的来源。",
    ),
    "compare": Words(
        "List the fields of recorded answers that this venue lacks, adds or gives another type.",
        "将交易所的应答记录与本平台声明的字段作比较，逐个接口、逐个版本列出。",
    ),
    "mcp": Words(
        "Give an AI agent debts, plans, histories and outcomes, over MCP on standard input and output.",
        "通过 MCP（标准输入输出）向智能体提供负债、计划、历史和结果。",
    ),
    "api": Words("Print the API as data: OpenAPI and JSON Schema.", "以数据形式输出 API：OpenAPI 和 JSON Schema。"),
    **LEVERS,
}
"""Each is `tallystick.cli.NAME.NAME`; its line here is the first sentence of its own help."""

COMPLETION = Words(
    'A shell completes names and options after: eval "$(_TALLY_COMPLETE=bash_source tally)" (or zsh_source, '
    "fish_source).",
    '补全命令和选项：eval "$(_TALLY_COMPLETE=bash_source tally)"（或 zsh_source、fish_source）。',
)


@click.group(
    cls=Entry,
    lines=COMMANDS,
    makers=dict.fromkeys(LEVERS, "tallystick.cli.levers.groups"),
    zh="在自己的机器上运行加密货币交易所的借贷部分。",
    closing=COMPLETION,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@LANG
@click.version_option(message=f"tally, version {tallystick.__version__}, journal format {FORMAT}")
def main() -> None:
    """The credit side of a crypto exchange, on your own machine."""
