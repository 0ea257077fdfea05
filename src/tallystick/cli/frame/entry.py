"""Entry of the command line: takes the language, runs a command, and gives every error its form and exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from tallystick.cli.frame import failing
from tallystick.cli.frame.commands import LazyGroup
from tallystick.cli.frame.language import speak


class Entry(LazyGroup):
    """The outermost group."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        words = list(sys.argv[1:] if args is None else args)
        speak(words)
        if not standalone_mode:
            return super().main(words, prog_name, complete_var, standalone_mode=False, **extra)
        failing.under_way(None)
        try:
            status = super().main(words, prog_name, complete_var, standalone_mode=False, **extra)
        except SystemExit as ended:
            # click ends so where nobody reads its output any more.
            status = failing.unprinted() if failing.is_under_way() else ended.code
        except (Exception, click.exceptions.Abort) as error:
            in_one_line = not failing.LINES.isdisjoint(words)
            status = failing.tell(error, as_json=failing.wants_json(words), in_one_line=in_one_line)
        sys.exit(status if isinstance(status, int) else 0)
