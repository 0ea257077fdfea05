"""Connection of the kit to the control calls of a venue. Calls follow one another; a lost connection is made anew."""

from __future__ import annotations

import http.client
import json
import threading
from typing import Any
from urllib.parse import urlsplit

SECONDS_MAX = 300
"""Longest call; an advance of a year of recorded prices takes half a minute."""


class ControlError(Exception):
    """Error: the venue refuses a control call. The text says why, and what helps."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """Control calls of the venue at `url`, sent by any thread, one at a time."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=SECONDS_MAX)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._turn = threading.Lock()

    def get(self, path: str) -> Any:
        return self._call("GET", path, None)

    def post(self, path: str, body: object = None) -> Any:
        return self._call("POST", path, json.dumps({} if body is None else body))

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path, None)

    def close(self) -> None:
        self._connection.close()

    def _call(self, method: str, path: str, body: str | None) -> Any:
        """Answer of a call. Raises ControlError: it is refused; OSError: the venue cannot be reached."""
        with self._turn:
            status, raw = self._exchange(method, path, body)
        answer = json.loads(raw)
        if status != 200:
            error = answer.get("error", {})
            hint = f"; {error['hint']}" if error.get("hint") else ""
            raise ControlError(status, f"{method} /tally/v1/{path}: {error.get('message', raw.decode())}{hint}")
        return answer

    def _exchange(self, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        try:
            self._connection.request(method, f"/tally/v1/{path}", body, self._headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except BaseException:
            self._connection.close()
            raise
