"""A client that asks what time it is, again and again: `python -m tests.torture.client PORT`.

It says so once it has been answered, and how long it waited each time when it is given a line. It imports little, so
that it is soon there.
"""

from __future__ import annotations

import json
import select
import sys
import time
from http.client import HTTPConnection
from typing import Any

PAUSE_S = 0.05
ANSWER_SECONDS_MAX = 60
ASKED = "/api/v5/public/time"


def ask_until_told(port: int) -> dict[str, Any]:
    """Asks every so often on one connection, and notes how late it was woken itself."""
    waited: list[float] = []
    late = 0.0
    connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    while True:
        began = time.monotonic()
        connection.request("GET", ASKED)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise AssertionError(f"answered {answer.status}")
        waited.append(time.monotonic() - began)
        if len(waited) == 1:
            print("answered", flush=True)
        began = time.monotonic()
        if select.select([sys.stdin], [], [], PAUSE_S)[0]:
            return {"waited": waited, "late": late}
        late = max(late, time.monotonic() - began - PAUSE_S)


if __name__ == "__main__":
    print(json.dumps(ask_until_told(int(sys.argv[1]))))
