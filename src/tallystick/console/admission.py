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
from tallystick.server.site import Site
from tallystick.venue.keys import new_token, random_material

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters of a code: none that is taken for another."""
CODE_LENGTH: Final = 8
"""Letters of a code: 31**8 codes."""
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
    """Admission of one console. `hosts` are the names it is reached by, beside IP addresses and localhost."""

    def __init__(self, hosts: frozenset[str] = frozenset(), clock: Callable[[], float] = monotonic) -> None:
        self._site = Site(hosts)
        self._clock = clock
        self._token = new_token()
        self._tried: deque[float] = deque(maxlen=TRIES_MAX)
        self.code = new_code()

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
            raise Refused(401, "the token is missing or wrong", "give the code that tally console printed")

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
            raise Refused(401, "this is not the code", "tally console printed it beside its address")
        return self._token


def new_code() -> str:
    """New code in two groups, such as k7qx-2m4p."""
    # Letters are drawn from 4 bytes each, so that none is noticeably likelier than another.
    drawn = random_material("code of a console", 4 * CODE_LENGTH)
    numbers = (int.from_bytes(drawn[place : place + 4], "big") for place in range(0, len(drawn), 4))
    letters = "".join(LETTERS[number % len(LETTERS)] for number in numbers)
    half = CODE_LENGTH // 2
    return f"{letters[:half]}-{letters[half:]}"
