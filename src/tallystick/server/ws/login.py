"""A login over WebSocket: the checks of a signed call, in the same order, with codes of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tallystick.server import auth
from tallystick.venue.keys import passphrase_fits
from tallystick.wire import sign
from tallystick.wire.decode import Fault
from tallystick.wire.frames import LOGIN_METHOD, LOGIN_TARGET

if TYPE_CHECKING:
    from tallystick.server.server import Server
    from tallystick.store.api import KeyRecord

FIELDS = ("apiKey", "passphrase", "timestamp", "sign")
SECONDS_FORM = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")


def checked(server: Server, args: object, peer: str, now_ms: int) -> KeyRecord:
    """The key a login is right for.

    Raises Fault, the first that applies: 60013 (args is no list of objects), 60031 (of more than one), 60027
    (a field is missing), 60004 (timestamp is no number of seconds), 60006 (it is more than 30 s from the venue's clock
    and the wall's), 60005 (what cannot be a key), 60032 (a key that is not ours or has ended), 60009 (an address the
    key is not for), 60024, 60007. Order chosen, as for signed calls. The documents print whole seconds, and say how to
    make them: milliseconds divided by 1,000, which leaves decimals.
    """
    if type(args) is not list or not args or type(args[0]) is not dict:
        raise Fault("60013")
    if len(args) > 1:
        raise Fault("60031")
    given = {name: value if isinstance(value := args[0].get(name), str) else "" for name in FIELDS}
    for name in FIELDS:
        if not given[name]:
            raise Fault("60027", name, param=name)
    if not SECONDS_FORM.fullmatch(given["timestamp"]):
        raise Fault("60004")
    whole, _, part = given["timestamp"].partition(".")
    at_ms = int(whole) * 1_000 + int(part[:3].ljust(3, "0"))
    if abs(at_ms - now_ms) > auth.WINDOW_MS and abs(at_ms - server.wall_ms()) > auth.WINDOW_MS:
        raise Fault("60006")
    if not given["apiKey"].isascii() or not auth.KEY_FORM.fullmatch(given["apiKey"].encode("ascii")):
        raise Fault("60005")
    key = server.key(given["apiKey"], now_ms)
    if key is None:
        raise Fault("60032")
    if key.ips and not auth.address_in(peer, key.ips):
        raise Fault("60009")
    if not passphrase_fits(key, given["passphrase"].encode("utf-8", "surrogatepass")):
        raise Fault("60024")
    if not sign.verify(key.secret_key, given["timestamp"], LOGIN_METHOD, LOGIN_TARGET, b"", given["sign"]):
        raise Fault("60007")
    server.signed(key, now_ms)
    return key
