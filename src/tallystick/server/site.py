"""Checks of requests by web pages: the Host a browser believes it talks to, and the Origin of its page.

A page of another site can aim a browser at this server, and a name of that site can be pointed at this machine.
Browsers send an Origin, other clients do not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address

HOST_FORM = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:]*)(?::[0-9]{1,5})?")


class Site:
    """Names of this server: `hosts`, beside IP addresses and localhost."""

    def __init__(self, hosts: frozenset[str] = frozenset()) -> None:
        self.hosts = hosts | {"localhost"}

    def owns_host(self, headers: Mapping[bytes, bytes]) -> bool:
        """True if the Host header names this server."""
        match = HOST_FORM.fullmatch(headers.get(b"host", b"").decode("latin-1").lower())
        return match is not None and self._is_ours(match[1])

    def owns_origin(self, headers: Mapping[bytes, bytes]) -> bool:
        """True if the request comes from no page, or from a page of the very Host it is sent to."""
        origin = headers.get(b"origin")
        host = headers.get(b"host", b"").lower()
        return origin is None or origin.lower() in (b"http://" + host, b"https://" + host)

    def _is_ours(self, name: str) -> bool:
        if name in self.hosts:
            return True
        try:
            ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True
