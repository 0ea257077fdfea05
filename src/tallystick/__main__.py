"""`python -m tallystick` is the command `tally`."""

from __future__ import annotations

from tallystick.cli.main import main

if __name__ == "__main__":
    main(prog_name="tally")
