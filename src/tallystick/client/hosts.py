"""Hosts of the exchange and of a venue, and the rule where keys may go."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from tallystick.client.errors import HostRefused

LATEST = "2026-08"


class Host(Struct, frozen=True):
    """Address of one environment. `simulated` sends the header of demo trading; `surface` says which limits hold.

    `url` is scheme and authority without a path. `streams` is the address that the paths of WebSockets follow.
    """

    name: str
    url: str
    streams: str
    simulated: bool = False
    surface: str = LATEST


HOSTS: Final[dict[str, Host]] = {
    "global": Host("global", "https://openapi.okx.com", "wss://ws.okx.com:8443"),
    "us": Host("us", "https://us.okx.com", "wss://wsus.okx.com:8443"),
    "eea": Host("eea", "https://eea.okx.com", "wss://wseea.okx.com:8443"),
    "demo": Host("demo", "https://openapi.okx.com", "wss://wspap.okx.com:8443", simulated=True),
}
"""Source: documented (overview-production-trading-services, overview-demo-trading-services)."""
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def origin(url: str) -> str:
    """Scheme and authority of an address, in lower case. Raises HostRefused for anything but http and https."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise HostRefused(f"{url!r} is no address of a host.", hint="Give one such as https://openapi.okx.com.")
    if parts.username is not None:
        raise HostRefused(
            "The address holds a user name.", hint="Give the host alone; keys have parameters of their own."
        )
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise HostRefused(f"{url!r} has a path.", hint="Give scheme and host alone; the client adds the paths.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def host_of(base_url: str, *, surface: str = LATEST, simulated: bool = False) -> Host:
    """The host of a name of `HOSTS` or of an address. A venue's streams have the address of its HTTP."""
    if base_url in HOSTS:
        return HOSTS[base_url]
    url = origin(base_url)
    for host in HOSTS.values():
        if host.url == url and host.simulated == simulated:
            return host
    return Host("other", url, "ws" + url.removeprefix("http"), simulated, surface)


def require_private(host: Host, *, plain_http: bool) -> None:
    """Raises HostRefused where a passphrase would travel readable: plain http to another machine."""
    parts = urlsplit(host.url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not plain_http:
        raise HostRefused(
            f"{host.url} is not encrypted, and every request carries the passphrase.",
            hint="Use https, or say plain_http=True for a network you trust.",
        )


def require_own(profile: str, own: Host, asked: Host, *, other_host: bool) -> None:
    """Raises HostRefused where keys of a profile would go to another host than the profile's."""
    if own.url != asked.url or own.simulated != asked.simulated:
        if other_host:
            return
        raise HostRefused(
            f"The keys of profile {profile!r} belong to {own.url}, not to {asked.url}.",
            hint="Leave base_url out, or say other_host=True to send them there.",
        )
