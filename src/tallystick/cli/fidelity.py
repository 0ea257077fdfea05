"""`tally fidelity`: how far each behaviour and number can be trusted."""

from __future__ import annotations

import click
from msgspec import Struct

from tallystick.cli.columns import aligned
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import group, option
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered
from tallystick.cli.market import words
from tallystick.contract.core import SURFACES, Doc
from tallystick.contract.surface import differences
from tallystick.venue.fidelity import SOURCES, Fidelity, report


@group(
    invoke_without_command=True,
    answer=Fidelity,
    zh="""列出每个接口、决策和数值的来源。

    \b
    documented  交易所文档中写明；接口给出其锚点
    observed    在交易所的应答中见到
    inferred    由少量资料假定的数值；备注说明依据
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
    `tally parameters set`.
    """
    if context.invoked_subcommand is not None:
        return
    found = report() if source is None else report().only(source)
    say(asked, found, lambda: listing(found))


class SurfaceDifference(Struct, frozen=True):
    """One difference between the surfaces, in both languages. `kind` is endpoint, parameter, field or rule."""

    kind: str
    method: str
    path: str
    what: str
    older: Doc
    newer: Doc


class Differences(Struct, frozen=True):
    """Differences between the surfaces that the venue serves, the older one first."""

    surfaces: tuple[str, ...]
    differences: list[SurfaceDifference]


@fidelity.spoken(
    answer=Differences,
    zh="""列出 --surface 2026-08 有而默认的 2026-01 没有的内容。

    后来的接口总是提供；后来的字段和规则只在较新的版本上。
    """,
)
@gathered(JSON, LANG)
def diff(asked: Asked) -> None:
    """List what --surface 2026-08 does and the default 2026-01 does not.

    Endpoints that came later are always served; later fields and rules only on the later surface.
    """
    rows = [
        SurfaceDifference(
            kind=one.kind,
            method=one.method,
            path=one.path,
            what=one.what,
            older=one.older,
            newer=one.newer,
        )
        for one in differences()
    ]
    say(asked, Differences(SURFACES, rows), lambda: told(rows))


def told(found: list[SurfaceDifference]) -> str:
    """The differences as a table, in the language of the command line."""
    rows = [(one.kind, one.method, one.path, one.what, _said(one.older), _said(one.newer)) for one in found]
    return aligned(("what", "method", "path", "name", *SURFACES), rows)


def _said(text: Doc) -> str:
    return str(Words(text.en, text.zh))


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
