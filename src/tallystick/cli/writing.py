"""Writes of one request: shown, asked for, sent once, and printed."""

from __future__ import annotations

import msgspec

from tallystick.cli.frame.accounts import client_of, confirm
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.failing import Failure, for_account, of_client
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked
from tallystick.cli.frame.requests import Values, request_of, send, told
from tallystick.cli.predicting.told import expect
from tallystick.client.errors import ClientError
from tallystick.contract.core import Endpoint

DONE = Words("Done", "已完成")


def write(asked: Asked, endpoint: Endpoint, fields: Values, *, look: str = "", answer: object = None) -> None:
    """Send one write. `answer` is printed where the exchange answers without a row.

    `look` is the command that shows whether it was carried out, for an outcome that is unknown.
    """
    request = request_of(endpoint, fields)
    if asked.dry_run:
        expect(asked, request)
        return
    with client_of(asked) as client:
        confirm(asked, client, told(request), look=look)
        try:
            rows = send(client, endpoint, fields)
        except ClientError as error:
            raise with_look(of_client(error), look) from None
    found: dict[str, object] = rows[0] if rows else msgspec.to_builtins(answer or {})
    pairs = ", ".join(f"{name} {value}" for name, value in found.items() if value != "")
    say(asked, found, lambda: f"{DONE}: {pairs}" if pairs else str(DONE))


def with_look(failure: Failure, look: str) -> Failure:
    """The failure, which names a command to look with where the outcome is unknown."""
    if failure.form.outcome == "unknown" and look:
        failure.form = failure.form._replace(resume=for_account(look))
        failure.hint = f"{failure.hint} Look with: {for_account(look)}".strip()
    return failure
