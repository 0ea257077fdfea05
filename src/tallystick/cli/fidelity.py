"""`tally fidelity`: how far each behaviour and number can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tallystick.cli.columns import aligned
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import group, option
from tallystick.cli.frame.language import CHINESE, language
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered
from tallystick.cli.market import words
from tallystick.contract.core import SURFACES
from tallystick.contract.surface import Difference, differences
from tallystick.venue.fidelity import SOURCES, Fidelity, report


@group(
    invoke_without_command=True,
    answer=Fidelity,
    zh="""列出每个接口、决定和数值的来源。

    \b
    documented  交易所文档中写明；接口给出其锚点
    observed    在交易所的应答中见到
    inferred    由少量资料推断的数值；备注说明依据
    chosen      公开资料没有说明；docs/decisions 中的页面说明我们的做法

    决定给出可以改变它的参数。运行中的平台用 tally parameters set 修改。
    """,
)
@option("--source", type=click.Choice(SOURCES), help="List only entries from this source.", zh="只列出此来源的条目。")
@gathered(JSON, LANG)
@click.pass_context
def fidelity(context: click.Context, asked: Asked, source: str | None) -> None:
    """List where every endpoint, decision and number comes from.

    \b
    documented  printed by the exchange; endpoints name the anchor in its reference
    observed    seen in an answer of the exchange
    inferred    a number concluded from little; its note says from what
    chosen      the public record is silent; a page in docs/decisions says what we do

    Decisions name the parameters that change what was chosen. Change them in a running venue with
    POST /tally/v1/parameters; `tally market show --help` shows how.
    """
    if context.invoked_subcommand is not None:
        return
    found = report() if source is None else report().only(source)
    say(asked, found, lambda: listing(found))


@fidelity.spoken(
    zh="""列出 --surface 2026-08 有而默认的 2026-01 没有的内容。

    后来的接口总是提供；后来的字段和规则只在较新的版本上。
    """
)
@option("--chinese", is_flag=True, help="Print in Chinese, as --lang zh does.", zh="以中文输出，同 --lang zh。")
@gathered(JSON, LANG)
def diff(asked: Asked, chinese: bool) -> None:
    """List what --surface 2026-08 does and the default 2026-01 does not.

    Endpoints that came later are always served; later fields and rules only on the later surface.
    """
    found = differences()
    say(asked, found, lambda: told(found, CHINESE if chinese else language()))


def told(found: Sequence[Difference], spoken: str) -> str:
    """The differences as a table, in one of both languages."""
    rows = [
        (one.kind, one.method, one.path, one.what, getattr(one.older, spoken), getattr(one.newer, spoken))
        for one in found
    ]
    return aligned(("what", "method", "path", "name", *SURFACES), rows)


def listing(found: Fidelity) -> str:
    parts = []
    if found.endpoints:
        rows = [(row.method, row.path, row.source, row.where) for row in found.endpoints]
        parts.append("Endpoints\n" + aligned(("method", "path", "source", "where"), rows))
    if found.decisions:
        rows = [(row.page[:3], row.title, row.source, ", ".join(row.settings) or "-") for row in found.decisions]
        parts.append("Decisions\n" + aligned(("page", "question", "source", "set by"), rows))
    if found.parameters:
        rows = [(row.name, words(row.value), row.source, row.note) for row in found.parameters]
        parts.append("Parameters\n" + aligned(("name", "value", "source", "note"), rows))
    return "\n\n".join(parts)
