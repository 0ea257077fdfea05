"""Steps that authenticate the caller and check their permission.

Each takes the services and the call and raises `call.Refused` with the code from `ways.CODES`. Their order is
in `steps.CHECKS`.
"""

from __future__ import annotations

import functools
import re
from datetime import date
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from tallystick.contract.core import Permission
from tallystick.server.call import Refused, found
from tallystick.server.ways import HTTP, Finding, Way
from tallystick.venue.keys import passphrase_fits
from tallystick.wire import sign

if TYPE_CHECKING:
    from tallystick.server.call import Call
    from tallystick.server.services import Services

WINDOW_MS = 30_000
"""Largest difference of a request's time from the server's (documented)."""

KEY = b"ok-access-key"
SIGN = b"ok-access-sign"
TIMESTAMP = b"ok-access-timestamp"
PASSPHRASE = b"ok-access-passphrase"

REQUIRED: dict[Way, tuple[tuple[bytes, Finding, str], ...]] = {
    Way.HTTP: (
        (KEY, "key missing", ""),
        (PASSPHRASE, "passphrase missing", ""),
        (SIGN, "signature missing", ""),
        (TIMESTAMP, "timestamp missing", ""),
    ),
    Way.LOGIN: (
        (KEY, "key missing", "apiKey"),
        (PASSPHRASE, "passphrase missing", "passphrase"),
        (TIMESTAMP, "timestamp missing", "timestamp"),
        (SIGN, "signature missing", "sign"),
    ),
}
"""Credentials of a request: header, finding, and name in a login.

The answer names the first that is missing or empty, in the order of the codes; for a login in that of its documented
example.
"""
REQUIRED_OVER_HTTP = REQUIRED[HTTP]
CREDENTIALS = (KEY, PASSPHRASE, SIGN, TIMESTAMP)
READ: Final = Permission.READ
"""A name of its own, as `ways.HTTP` has one."""

KEY_FORM = re.compile(rb"[A-Za-z0-9-]{1,64}")
SECONDS_FORM = re.compile(rb"[0-9]{1,12}(?:\.[0-9]{1,9})?")
SIGN_FORM = re.compile(rb"[A-Za-z0-9+/]{43}=")
"""Form of a signature: 32 bytes in base64."""
SECOND_FORM = re.compile(rb"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})")
MILLISECONDS: Final = {b".%03dZ" % ms: ms for ms in range(1_000)}
"""End of a header timestamp, from the point on -> its milliseconds."""

MAPPED = IPv6Network("::ffff:0:0/96")
"""Network of the IPv4 addresses in the form of IPv6 (RFC 4291 2.5.5.2)."""
EPOCH_DAY = date(1970, 1, 1).toordinal()


def headers_present(services: Services, call: Call) -> None:
    """Refuse a request where one of `REQUIRED` is missing or empty."""
    headers = call.headers
    if all(map(headers.get, CREDENTIALS)):
        return
    for name, finding, parameter in REQUIRED_OVER_HTTP if call.way is HTTP else REQUIRED[call.way]:
        if not headers.get(name):
            raise found(call, finding, param=parameter)


def timestamp_form(services: Services, call: Call) -> None:
    """Require an ISO time in UTC with three decimals and an existing day; for a login seconds, see `seconds`."""
    text = call.headers[TIMESTAMP]
    at_ms = milliseconds(text) if call.way is HTTP else seconds(text)
    if at_ms is None:
        raise found(call, "timestamp form").because(sent=text[:40].decode("latin-1"))
    call.timestamp_ms = at_ms


def timestamp_window(services: Services, call: Call) -> None:
    """Refuse a time that differs by more than 30 s from both the venue's clock and the machine's (chosen).

    Real clients sign with the machine's time and cannot know that a test has moved the venue's clock.
    """
    at_ms = call.timestamp_ms - call.skew_ms
    if abs(at_ms - call.now_ms) > WINDOW_MS and abs(at_ms - services.wall_ms()) > WINDOW_MS:
        no, wall_ms = found(call, "timestamp window"), services.wall_ms()
        raise no.because(sent_ms=at_ms, venue_ms=call.now_ms, machine_ms=wall_ms, window_span_ms=WINDOW_MS)


def key_known(services: Services, call: Call) -> None:
    """Require the form of a key, then a key of this venue that has not expired."""
    given = call.headers[KEY]
    # Every key of a venue has the form, so that it is looked at where there is no such key.
    key = services.key(given.decode("latin-1"), call.now_ms)
    if key is None:
        raise found(call, "key unknown" if KEY_FORM.fullmatch(given) else "key form").because(key=short(given))
    call.key = key
    call.user_id = key.user_id


def environment_matches(services: Services, call: Call) -> None:
    """Accept every request (chosen): clients differ in their default of x-simulated-trading."""


def address_allowed(services: Services, call: Call) -> None:
    """Require an allowed address of the connection; headers that claim another one are ignored."""
    allowed = call.key.ips
    if allowed and not address_in(call.peer, allowed):
        raise found(call, "address", ip=call.peer).because(allowed=" ".join(allowed), ip=call.peer)


def passphrase_right(services: Services, call: Call) -> None:
    """Require the key's passphrase, compared in constant time."""
    if not passphrase_fits(call.key, call.headers[PASSPHRASE]):
        raise found(call, "passphrase").because(key=short(call.headers[KEY]))


def signature_possible(services: Services, call: Call) -> None:
    """Refuse a text that cannot be a signature, before the body is read."""
    if not SIGN_FORM.fullmatch(call.headers[SIGN]):
        raise wrong_signature(call)


def wrong_signature(call: Call) -> Refused:
    """Refusal of a signature, with what should have been signed."""
    signed = f"{call.endpoint.method}{call.target[:200].decode('latin-1')}"
    return found(call, "signature").because(signed=signed, body_count=len(call.body))


def signature_right(services: Services, call: Call) -> None:
    """Require the signature of the target and body exactly as they came."""
    headers = call.headers
    if not sign.verify(
        call.key.secret_key,
        headers[TIMESTAMP],
        call.endpoint.method,
        call.target,
        call.body,
        headers[SIGN],
    ):
        raise wrong_signature(call)
    services.signed(call.key, call.now_ms)


def permitted(services: Services, call: Call) -> None:
    """Require the endpoint's permission. Every key may read (a trade key too, as observed)."""
    wanted = call.endpoint.permission
    if wanted is not READ and wanted is not None and wanted.value not in call.key.permissions:
        has = " and ".join(call.key.permissions)
        raise found(call, "permission").because(wanted=wanted.value, has=has, label=call.key.label or "of this request")


def of_main_account(services: Services, call: Call) -> None:
    """Require a main account where the endpoint does (documented; that this precedes the rate limit is chosen)."""
    if services.main_of(call.user_id) != call.user_id:
        raise found(call, "sub-account").because(name=services.name_of(call.user_id))


@functools.lru_cache(maxsize=64)
def second_ms(second: bytes) -> int | None:
    """Unix ms of a second written YYYY-MM-DDTHH:MM:SS; None where its form or its date is wrong."""
    match = SECOND_FORM.fullmatch(second)
    if match is None:
        return None
    day, hour, minute, second = match.groups()
    if hour > b"23" or minute > b"59" or second > b"59":
        return None
    try:
        start_ms = (date.fromisoformat(day.decode("ascii")).toordinal() - EPOCH_DAY) * 86_400_000
    except ValueError:
        return None
    return start_ms + int(hour) * 3_600_000 + int(minute) * 60_000 + int(second) * 1_000


def short(key: bytes) -> str:
    """Beginning of a key, enough to recognise it."""
    text = key[:12].decode("latin-1")
    return text + "..." if len(key) > 12 else text


def milliseconds(text: bytes) -> int | None:
    """Unix ms of a header timestamp, None where its form or its date is wrong.

    Its second is remembered: requests that come together name the same one.
    """
    ms = MILLISECONDS.get(text[19:])
    start_ms = None if ms is None else second_ms(text[:19])
    return None if ms is None or start_ms is None else start_ms + ms


def seconds(text: bytes) -> int | None:
    """Unix ms of the timestamp of a login, None where it is no number of seconds.

    The documents print whole seconds, but say to divide milliseconds by 1,000, which leaves decimals.
    """
    if not SECONDS_FORM.fullmatch(text):
        return None
    whole, _, part = text.partition(b".")
    return int(whole) * 1_000 + int(part[:3].ljust(3, b"0"))


@functools.lru_cache(maxsize=1024)
def address_in(peer: str, allowed: tuple[str, ...]) -> bool:
    """True if `peer` is in the allowed addresses and networks. IPv4 in the form of IPv6 counts as IPv4 in both."""
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    address = plain(address)
    networks = [_plain_network(ip_network(entry, strict=False)) for entry in allowed]
    return any(address.version == network.version and address in network for network in networks)


def plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address of one written as IPv6 (::ffff:192.0.2.1); any other address unchanged."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def plain_text(peer: str) -> str:
    """Text of an address in its `plain` form; any other text unchanged."""
    try:
        return str(plain(ip_address(peer)))
    except ValueError:
        return peer


def _plain_network(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    if isinstance(network, IPv6Network) and network.subnet_of(MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - MAPPED.prefixlen))
    return network
