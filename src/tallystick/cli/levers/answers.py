"""Records of what levers answer, for the schema of --json. It loads the server, which declares them."""

from __future__ import annotations

from tallystick.cli.frame.request_record import Request
from tallystick.cli.levers.forms import Lever
from tallystick.server.control.endpoints import ENDPOINTS


def records_of(lever: Lever) -> tuple[type, ...]:
    """Record of the answer of a lever, and of the request that --dry-run prints where it moves something."""
    command = f"{lever.group} {lever.command}"
    (answer,) = (one.answer for one in ENDPOINTS if one.spelling is not None and one.spelling.words == command)
    return (answer, Request) if lever.moves else (answer,)
