"""Admission to the console: the Host and the Origin of a request, and the token of a browser that gave the code.

The console may do all that the control calls may, so it admits as they do: a token in the header Authorization, never
in an address, and no cookie, which a browser would send to every port of this machine. A browser gets its token for the
code that the console prints when it starts.
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from tallystick.client.clock import monotonic
from tallystick.console.codes import new_code
from tallystick.server.site import Site
from tallystick.venue.keys import new_token

TRIES_MAX: Final = 10
TRIES_WITHIN_S: Final = 60
"""Codes that may be tried in so many seconds, by all browsers together: a guess in a year succeeds once in 160,000."""


class Refused(Exception):
    """Refusal of a request of the page, with its HTTP status."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint


class Admission:
    """Admission of one console. `hosts` are the names it is reached by, beside IP addresses and localhost.

    `code` is the one that was printed; without it a new one is made.
    """

    def __init__(
        self, hosts: frozenset[str] = frozenset(), clock: Callable[[], float] = monotonic, *, code: str = ""
    ) -> None:
        self._site = Site(hosts)
        self._clock = clock
        self._token = new_token()
        self._tried: deque[float] = deque(maxlen=TRIES_MAX)
        self.code = code or new_code()

    def require_site(self, headers: Mapping[bytes, bytes]) -> None:
        """Raises Refused 403: a Host that is not ours, then an Origin that is not that Host."""
        if not self._site.owns_host(headers):
            raise Refused(
                403, "this host name is not allowed", "use an IP address or localhost, or name it with --allow-host"
            )
        if not self._site.owns_origin(headers):
            raise Refused(403, "calls from other web pages are refused")

    def require_token(self, headers: Mapping[bytes, bytes]) -> None:
        """Raises Refused 401 without the token of this console."""
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self._token.encode("ascii")):
            raise Refused(
                401, "the token is missing or wrong", "give the code that stands in the terminal, beside the address"
            )

    def token_for(self, code: str) -> str:
        """Token for the code, in capitals or not, with blanks or dashes or not.

        Raises Refused: 429 for more than 10 tries a minute, the right code included, then 401 for a wrong code.
        """
        now = self._clock()
        if len(self._tried) == TRIES_MAX and now - self._tried[0] < TRIES_WITHIN_S:
            wait_s = int(TRIES_WITHIN_S - (now - self._tried[0])) + 1
            raise Refused(429, f"{TRIES_MAX} codes were tried within a minute", f"wait {wait_s} s")
        self._tried.append(now)
        given = "".join(code.split()).replace("-", "").lower()
        if not hmac.compare_digest(given.encode("utf-8"), self.code.replace("-", "").encode("ascii")):
            raise Refused(401, "this is not the code", "it stands in the terminal, beside the address")
        return self._token
