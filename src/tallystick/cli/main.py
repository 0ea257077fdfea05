"""The command `tally`. A command's module is loaded when the command is called, so that `tally --version` is quick."""

from __future__ import annotations

from importlib import import_module

import click

import tallystick
from tallystick.store.format import FORMAT

COMMANDS = {
    "serve": "Serve the venue until Ctrl-C; the next start goes on where this one stopped.",
    "keys": "Show the keys of the seeded users, secrets included.",
    "verify": "Carry out every command of the journal again and compare all that is stored with what follows.",
    "snapshot": "Save the served venue under a name, and go back to it.",
    "faults": "Make requests, messages and events of the served venue go wrong on purpose.",
    "scenario": "Stories with prices, people and an expected end: play them and see what happened.",
    "market": "Instruments, currencies, fees, delays: what the venue starts with.",
    "fidelity": "List where every endpoint, decision and number comes from.",
    "api": "The API as data.",
}
"""Each is `tallystick.cli.NAME.NAME`; its line here is the first sentence of its own help."""


class Commands(click.Group):
    """The group of `COMMANDS`; it lists them without loading any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"tallystick.cli.{cmd_name}"), cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


COMPLETION = 'A shell completes names and options after: eval "$(_TALLY_COMPLETE=bash_source tally)" (or zsh_source).'


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=COMPLETION)
@click.version_option(message=f"tally, version {tallystick.__version__}, journal format {FORMAT}")
def main() -> None:
    """The credit side of a crypto exchange, on your own machine."""
