"""`tally fidelity`: how far each behaviour and number can be trusted."""

from __future__ import annotations

import click
import msgspec

from tallystick.cli.columns import aligned
from tallystick.cli.market import words
from tallystick.venue.fidelity import SOURCES, Fidelity, report


@click.command()
@click.option("--source", type=click.Choice(SOURCES), help="Only what comes from there.")
@click.option("--json", "as_json", is_flag=True, help="As GET /tally/v1/fidelity answers it.")
def fidelity(source: str | None, as_json: bool) -> None:
    """List where every endpoint, decision and number comes from.

    \b
    documented  printed by the exchange; endpoints name the anchor in its reference
    observed    seen in an answer of the exchange
    inferred    a number concluded from little; its note says from what
    chosen      the public record is silent; a page in docs/decisions says what we do

    Decisions name the parameters that change what was chosen. Change them in a running venue with
    POST /tally/v1/parameters; `tally market show --help` shows how.
    """
    found = report() if source is None else report().only(source)
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() if as_json else listing(found))


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
