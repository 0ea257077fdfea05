"""Pace: turns under the contract's rate limits, shared by all processes of one machine and user.

A window of N requests has N slots. A request takes one, and holds it from before it is sent until a whole period has
passed after its answer came. The exchange counted it somewhere in between, so that of any N + 1 requests the last
reaches the exchange at least a period after the first, however long each was under way. Slots are numbers of the
machine's monotonic clock, which all its processes share, in one small file for each window; a lock is held for as
long as it takes to read and write one. A slot whose process died is free again after the time its request was given.

What cannot be read counts as used up: a slot that no request could hold, a file that is cut, and a folder that cannot
be used. A file that was removed is made anew with what this process knows of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tallystick.client.clock import monotonic, wall
from tallystick.client.files import open_private, private_folder, read_private
from tallystick.client.forks import watch
from tallystick.client.steps import Remember, Reserve, Turn

POLL_MS: Final = 5
"""How often a request looks again that waits for others under way: their answers may come at any moment."""
FILES_MAX: Final = 128
"""Open files of windows. The least recently used is closed for another."""
MEMORY_MAX: Final = 4_096
"""Windows that are kept in memory, where there is no folder."""
OLD_S: Final = 86_400
BUSY_MAX_MS: Final = 600_000
"""No request is under way for longer."""
FILE_MAX: Final = 65_536
"""Bytes of a file of a window. The widest limit has some thousand slots of 8 bytes."""


def folder_of_user() -> Path:
    """Where the processes of this user meet: the run-time folder of the session, else one below the temporary."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and os.access(base, os.W_OK):
        return Path(base) / "tallystick"
    import tempfile

    return Path(tempfile.gettempdir()) / f"tallystick-{os.getuid()}"


class Pace:
    """Windows in a folder, or without one in memory, for this process alone. Safe to use from several threads."""

    def __init__(self, folder: Path | None, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._files: dict[str, int] = {}
        self._memory: dict[str, bytes] = {}
        self._folder = _private(folder) if folder is not None else None
        self._alone = False
        """True where the folder was lost: windows that are not in memory may be used up."""
        watch(self)

    def reserve(self, step: Reserve) -> Turn:
        """Take the slots of all windows, or none. Never waits: a turn with `wait_ms` says when to ask again.

        A request that counts for more than a window has is let through: the exchange refuses it by its form.
        """
        try:
            return self._reserve(step)
        except OSError as error:
            self._go_alone(error)
            return self._reserve(step)

    def _reserve(self, step: Reserve) -> Turn:
        with self._lock:
            now_ms = self._now_ms()
            wanted = sorted(window for window in step.windows if window[3] <= window[1])
            with self._locked([name for name, _, _, _ in wanted]) as locked:
                if not locked:
                    return Turn(1)
                slots = {
                    name: self._slots(name, requests, now_ms, period_ms) for name, requests, period_ms, _ in wanted
                }
                chosen: list[tuple[str, int]] = []
                periods: list[int] = []
                wait_ms = 0
                for name, _, period_ms, count in wanted:
                    order = _earliest(slots[name], count)
                    wait_ms = max(wait_ms, _wait(slots[name][order[-1]], now_ms))
                    chosen += [(name, at) for at in order]
                    periods += [period_ms] * count
                if wait_ms:
                    self._keep(slots)
                    return Turn(wait_ms)
                for (name, at), period_ms in zip(chosen, periods, strict=True):
                    slots[name][at] = -(now_ms + step.busy_ms + period_ms)
                self._keep(slots)
                return Turn(0, tuple(chosen), tuple(periods), now_ms + step.busy_ms)

    def release(self, turn: Turn) -> None:
        """The request is over: its slots are free a period from now."""
        try:
            self._release(turn)
        except OSError as error:
            self._go_alone(error)

    def _release(self, turn: Turn) -> None:
        with self._lock:
            now_ms = self._now_ms()
            names = sorted({name for name, _ in turn.slots})
            with self._locked(names, wait=True) as locked:
                if not locked:
                    return
                for (name, at), period_ms in zip(turn.slots, turn.periods, strict=True):
                    values = self._read(name, at + 1)
                    if values is not None and values[at] in (0, -(turn.until_ms + period_ms)):
                        values[at] = now_ms + period_ms + period_ms // 1000 + 1
                        self._write(name, values)

    def owner(self, fingerprint: str) -> tuple[str, str]:
        """Numbers of the user whose key this is and of their main account; empty where no process has asked yet."""
        if self._folder is None:
            return "", ""
        try:
            uid, main_uid = read_private(self._folder / f"{fingerprint}.owner").split()
        except (OSError, ValueError):
            return "", ""
        return uid, main_uid

    def remember(self, step: Remember) -> None:
        """Keep whose key it is, for all processes. Where that fails each of them asks for itself."""
        if self._folder is None:
            return
        try:
            descriptor = open_private(self._folder / f"{step.fingerprint}.owner")
        except OSError:
            return
        os.pwrite(descriptor, f"{step.uid} {step.main_uid}".encode(), 0)
        os.close(descriptor)

    def after_fork(self) -> None:
        """The parent's locks are on its open files: this process opens its own."""
        self._lock = threading.Lock()
        self.close()

    def close(self) -> None:
        with self._lock:
            for descriptor in self._files.values():
                os.close(descriptor)
            self._files.clear()

    def _now_ms(self) -> int:
        return int(self._clock() * 1000) + 1

    def _go_alone(self, error: OSError) -> None:
        """The folder cannot be used any more: go on for this process alone, from windows that are used up."""
        _warn("turns cannot be kept in %s (%s): other processes are not seen from now on", self._folder, error)
        self.close()
        with self._lock:
            self._folder, self._alone = None, True

    def _slots(self, name: str, requests: int, now_ms: int, period_ms: int) -> list[int]:
        """Slots of a window. One that no request could hold, and those of a damaged file, are free a period from now.

        A machine that was started anew has such ones: its clock began again.
        """
        slots = self._read(name, requests)
        if slots is None:
            if self._folder is not None:
                os.ftruncate(self._files[name], 0)
            return [now_ms + period_ms] * requests
        first_ms, last_ms = -(now_ms + BUSY_MAX_MS + period_ms), now_ms + 2 * period_ms
        return [slot if first_ms <= slot <= last_ms else now_ms + period_ms for slot in slots]

    def _keep(self, slots: dict[str, list[int]]) -> None:
        for name, values in slots.items():
            self._write(name, values)

    @contextmanager
    def _locked(self, names: list[str], *, wait: bool = False) -> Iterator[bool]:
        """Lock the files of these windows, in one order everywhere. False where another process holds one.

        With `wait` for that: locks are held for microseconds, by processes that run.
        """
        held: list[int] = []
        try:
            if self._folder is not None:
                for name in names:
                    descriptor = self._descriptor(self._folder, name)
                    try:
                        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                    except BlockingIOError:
                        yield False
                        return
                    held.append(descriptor)
                    if not os.fstat(descriptor).st_nlink:
                        # It was removed while it was open here: other processes see another file.
                        held.pop()
                        held.append(self._made_anew(self._folder, name))
            yield True
        finally:
            for descriptor in held:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _descriptor(self, folder: Path, name: str) -> int:
        found = self._files.pop(name, None)
        if found is None:
            if len(self._files) >= FILES_MAX:
                os.close(self._files.pop(next(iter(self._files))))
            found = open_private(folder / (hashlib.sha256(name.encode()).hexdigest()[:32] + ".window"))
        self._files[name] = found
        return found

    def _made_anew(self, folder: Path, name: str) -> int:
        """The file that stands in place of one that was removed, locked; it gets the later of both in each slot."""
        old = self._read(name, 0) or []
        removed = self._files.pop(name)
        try:
            private_folder(folder)
            descriptor = self._descriptor(folder, name)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        finally:
            os.close(removed)
        there = self._read(name, len(old))
        if there is not None:
            self._write(name, [*map(_later, there, old), *there[len(old) :]])
        return descriptor

    def _read(self, name: str, requests: int) -> list[int] | None:
        """Slots as they are kept, with zeros up to `requests`; None of a file that is cut, or far too large."""
        if self._folder is None:
            if self._alone and name not in self._memory:
                return None
            raw = self._memory.get(name, b"")
        else:
            raw = os.pread(self._files[name], FILE_MAX + 1, 0)
        if len(raw) % 8 or len(raw) > FILE_MAX:
            return None
        return list(struct.unpack(f"<{max(requests, len(raw) // 8)}q", raw.ljust(requests * 8, b"\0")))

    def _write(self, name: str, values: list[int]) -> None:
        raw = struct.pack(f"<{len(values)}q", *values)
        if self._folder is not None:
            if os.pwrite(self._files[name], raw, 0) < len(raw):
                raise OSError("no space left for a window")
            return
        if name not in self._memory and len(self._memory) >= MEMORY_MAX:
            del self._memory[next(iter(self._memory))]
        self._memory[name] = raw


def _warn(text: str, *values: object) -> None:
    import logging

    logging.getLogger("tallystick.client").warning(text, *values)


def _earliest(slots: list[int], count: int) -> list[int]:
    """Numbers of the slots that are free first, the latest of them last."""
    if count == 1:
        return [slots.index(min(slots, key=abs))]
    return sorted(range(len(slots)), key=lambda at: abs(slots[at]))[:count]


def _later(first: int, second: int) -> int:
    return max(first, second, key=abs)


def _wait(slot: int, now_ms: int) -> int:
    """How long until this slot is free: exactly where its request is over, else until it is worth looking again."""
    left_ms = abs(slot) - now_ms
    if left_ms <= 0:
        return 0
    return min(left_ms, POLL_MS) if slot < 0 else left_ms


def _private(folder: Path) -> Path | None:
    """The folder, made where it is missing and swept of old windows. None, with a warning, where it is another's."""
    try:
        private_folder(folder)
        for path in folder.glob("*.window"):
            if wall() - path.stat().st_mtime > OLD_S:
                path.unlink(missing_ok=True)
    except OSError as error:
        _warn("%s cannot be used (%s): other processes are not seen by the pace of this one", folder, error)
        return None
    return folder
