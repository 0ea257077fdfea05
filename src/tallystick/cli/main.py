"""The command `tally`."""

from __future__ import annotations

import click

import tallystick
from tallystick.cli import api, fidelity, keys, market, scenario, serve, verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(tallystick.__version__, prog_name="tally")
def main() -> None:
    """The credit side of a crypto exchange, on your own machine."""


main.add_command(serve.serve)
main.add_command(keys.keys)
main.add_command(verify.verify)
main.add_command(scenario.scenario)
main.add_command(market.market)
main.add_command(fidelity.fidelity)
main.add_command(api.api)

if __name__ == "__main__":
    main()
