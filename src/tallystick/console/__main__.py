"""Console beside a venue: the process that `tally serve --console` starts, and that ends with it.

Its standard input is one line of JSON, `Handed`, and stays open for as long as the venue runs: the end of it is the end
of the venue, however that came about, and the console stops.
"""

from __future__ import annotations

import socket
import sys

import msgspec

from tallystick.console.admission import Admission
from tallystick.console.app import Venue
from tallystick.console.handing import Handed
from tallystick.console.serving import serve


def main() -> None:
    """Serve the console of the venue that stands on standard input, until that ends."""
    handed = msgspec.json.decode(sys.stdin.buffer.readline(), type=Handed)
    venue = Venue(handed.url, handed.token, handed.ca, handed.data)
    with socket.socket(fileno=handed.listener) as listener:
        serve(listener, venue, Admission(code=handed.code), ends_with=sys.stdin.buffer)


main()
