"""`tally fidelity`: how far each behaviour and number can be trusted."""

from __future__ import annotations

import click
import msgspec

from tallystick.cli.columns import aligned
from tallystick.cli.market import words
from tallystick.contract.core import SURFACES
from tallystick.contract.surface import differences
from tallystick.venue.fidelity import SOURCES, Fidelity, report


@click.group(invoke_without_command=True)
@click.option("--source", type=click.Choice(SOURCES), help="List only entries from this source.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as GET /tally/v1/fidelity answers it.")
@click.pass_context
def fidelity(context: click.Context, source: str | None, as_json: bool) -> None:
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
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() if as_json else listing(found))


@fidelity.command()
@click.option("--chinese", is_flag=True, help="Print in Chinese.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, in both languages.")
def diff(chinese: bool, as_json: bool) -> None:
    """List what --surface 2026-08 does and the default 2026-01 does not.

    Endpoints that came later are always served; later fields and rules only on the later surface.
    """
    found = differences()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    language = "zh" if chinese else "en"
    rows = [
        (one.kind, one.method, one.path, one.what, getattr(one.older, language), getattr(one.newer, language))
        for one in found
    ]
    click.echo(aligned(("what", "method", "path", "name", *SURFACES), rows))


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
