"""Intents of an agent: the id it gives a write, what it asked for, and what became of it, on disk.

    begin (written, synced) -> sent -> ended

An id that is given again sends nothing again. It gives the outcome where it is known, and else finds it out: by the
intent of the safe repay, or by the row of a borrowing, which are noted here before anything is sent. An intent that did
not come to its sending has done nothing, and is carried out when it is given again. No file holds a key.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from tallystick.cli.frame.failing import Failure, Form
from tallystick.client.files import Kept, open_private, private_folder

KEPT_MAX: Final = 10_000
"""Intents that are kept. Beyond that none is taken, until old files are removed."""
VERSION: Final = 1


class Noted(Struct, frozen=True, kw_only=True):
    """Facts known of one intent. `safe_name` and `safe` are the intent of the safe repay, "" without one.

    `prepared` finds a request without a safe form again, "" where nothing can. `result` is the outcome as it was told,
    None until it is known.
    """

    version: int = VERSION
    intent: str
    url: str
    what: str
    asked: dict[str, Any]
    stage: Literal["begun", "sent", "ended"] = "begun"
    safe_name: str = ""
    safe: str = ""
    prepared: str = ""
    result: dict[str, Any] | None = None


class Intents(Kept):
    """Intents of one key, in a private folder. `owner` is the fingerprint of the key, which tells no key."""

    SUFFIX = ".agent"

    def __init__(self, folder: Path, owner: str, url: str) -> None:
        super().__init__(folder)
        self.owner = owner
        self.url = url

    def find(self, intent: str) -> Noted | None:
        """Facts known of an intent, None where it is new. Raises Failure for a file that is damaged."""
        path = self.place(self._name_of(intent))
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Noted)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, OSError):
            found = None
        if found is None or found.version != VERSION:
            raise Failure(
                Form(
                    "unknown",
                    reason=f"{path} cannot be read, so that nobody can say what became of it.",
                    outcome="unknown",
                ),
                hint="Look at the histories, then remove the file.",
            )
        return found

    def begin(self, intent: str, what: str, asked: Mapping[str, Any]) -> Noted:
        """Note an intent, or find the one of this id. Raises Failure where the id was given to another request."""
        found = self.find(intent)
        if found is None:
            self._require_room()
            found = Noted(intent=intent, url=self.url, what=what, asked=dict(asked))
            self.write_new(self._name_of(intent), msgspec.json.encode(found))
        elif (found.what, found.asked, found.url) != (what, dict(asked), self.url):
            raise Failure(
                Form(
                    "parameter",
                    reason=f"The intent {intent!r} was given to another request: {found.what} {found.asked}.",
                ),
                hint="Give each request an intent of its own; nothing was sent.",
            )
        return found

    def note(self, noted: Noted) -> Noted:
        """Write what is known of an intent, in place of what was. It is on disk when this returns."""
        self.write_over(self._name_of(noted.intent), msgspec.json.encode(noted))
        return noted

    def forget(self, noted: Noted) -> None:
        """Nothing was sent: the id is free again."""
        self.remove(self._name_of(noted.intent), msgspec.json.encode(noted.intent).decode())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other writers of this folder out. Raises Failure while another one writes."""
        private_folder(self.folder)
        descriptor = open_private(self.folder / "lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise Failure(
                Form("refused", reason="Another write of an agent is under way; nothing was sent.", retryable=True)
            ) from None
        finally:
            os.close(descriptor)

    def _name_of(self, intent: str) -> str:
        return f"{self.owner}.{intent}"

    def _require_room(self) -> None:
        if self.folder.is_dir() and sum(1 for _ in self.folder.iterdir()) >= KEPT_MAX:
            raise Failure(
                Form("refused", reason=f"{self.folder} has {KEPT_MAX} intents; nothing was sent."),
                hint="Remove old files.",
            )


class Watched(Kept):
    """Intents of the safe repay, each noted beside the agent's intent that it belongs to before it counts."""

    def __init__(self, folder: Path, intents: Intents) -> None:
        super().__init__(folder)
        self.intents = intents
        self.current: Noted | None = None

    def write_new(self, name: str, content: bytes) -> bool:
        before = self.current
        if before is not None:
            sent = msgspec.structs.replace(before, stage="sent", safe_name=name, safe=content.decode())
            self.current = self.intents.note(sent)
        done = super().write_new(name, content)
        if not done and before is not None:
            self.current = self.intents.note(before)
        return done

    def replace(self, name: str, mark: str, content: bytes) -> bool:
        """The outcome takes the place of an intent: it is noted first, so that a crash after this finds it here too."""
        if self.current is not None and self.current.safe_name == name:
            self.current = self.intents.note(msgspec.structs.replace(self.current, safe=content.decode()))
        return super().replace(name, mark, content)
