"""The command `tally`. A command's module is loaded when the command is called, so that `tally --version` is quick."""

from __future__ import annotations

import click

import tallystick
from tallystick.cli.frame.entry import Entry
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import LANG
from tallystick.store.format import FORMAT

COMMANDS = {
    "serve": Words(
        "Serve the venue until Ctrl-C; the next start goes on where this one stopped.",
        "运行平台直到 Ctrl-C；下次启动从停止处继续。",
    ),
    "keys": Words(
        "Show the keys of the seeded users, secrets included.",
        "显示预置用户的密钥，包括私钥。",
    ),
    "verify": Words(
        "Carry out every command of the journal again and compare all that is stored with what follows.",
        "重新执行日志中的每条命令，并与所存内容逐一比较。",
    ),
    "snapshot": Words(
        "Save the served venue under a name, and go back to it.",
        "以名称保存运行中的平台，并可恢复。",
    ),
    "faults": Words(
        "Make requests, messages and events of the served venue go wrong on purpose.",
        "故意使运行中平台的请求、消息和事件出错。",
    ),
    "scenario": Words(
        "Stories with prices, people and an expected end: play them and see what happened.",
        "带有价格、人物和预期结局的情景：运行并查看经过。",
    ),
    "market": Words(
        "Instruments, currencies, fees, delays: what the venue starts with.",
        "交易产品、币种、手续费、延迟：平台的初始数值。",
    ),
    "fidelity": Words(
        "List where every endpoint, decision and number comes from.",
        "列出每个接口、决定和数值的来源。",
    ),
    "api": Words("The API as data.", "以数据形式给出 API。"),
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
    zh="在您自己的机器上运行的加密货币交易所信贷部分。",
    closing=COMPLETION,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@LANG
@click.version_option(message=f"tally, version {tallystick.__version__}, journal format {FORMAT}")
def main() -> None:
    """The credit side of a crypto exchange, on your own machine."""
