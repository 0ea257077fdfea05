"""Jobs of a run on a Dask cluster: ranges of paths that carry their book, so that any worker can do any of them.

    local:2          a cluster of two workers on 127.0.0.1, begun and ended with the run, without a dashboard
    tcp://HOST:PORT  the scheduler of a cluster that is there
    tls://HOST:PORT  the same with certificates, which Dask's configuration names

A job may run twice, when its worker is lost, and gives the same bytes again. Jobs are handed out a few at a time, and
parts come back as they are ready. A worker with other versions of what decides the bytes is refused. Source: chosen
(decisions/058); a book that is scattered once would be lost with its holders (distributed issue 3149).
"""

from __future__ import annotations

import logging
import re
import signal
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

import tallystick
from tallystick.data.install import advice
from tallystick.lab.jobs import LabFailed, Part, Task, Worker
from tallystick.lab.models import BadModel

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster
    from distributed.scheduler import WorkerState

CONNECT_SECONDS: Final = 15
JOINED_SECONDS: Final = 60
"""Time that a cluster without workers is waited for."""
LOOK_SECONDS: Final = 5
RENEWED_SECONDS: Final = (15, 40)
"""Times without a worker after which a cluster of our own is given new ones."""
RANGE_SECONDS: Final = 3_600
"""Time after which a run ends to which no range has come back."""
EXIT_CODE_LOOKS: Final = 150
"""Looks for the exit code of a lost worker, for 15 seconds: its nanny tells it when it has begun another."""
EXIT_CODE_PAUSE: Final = 0.1
JOBS_PER_WORKER: Final = 3
WORKERS_MOST: Final = 64
LOCAL: Final = "local:"
_ENDED: Final = re.compile(r"Worker process \d+ (?:was killed by signal (\d+)|exited with status (\d+))")
_ONE_AT_A_TIME: Final = threading.Lock()


def spread(task: Task, ranges: Sequence[tuple[int, int]], address: str) -> Iterator[Part]:
    """Do all ranges on a cluster; parts come as they are ready. Raises LabFailed, BadModel."""
    content = packed(task)
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", module="distributed")
        client, renew = stack.enter_context(_client(address))
        try:
            yield from _Spread(client, content, ranges, renew).parts()
        except OSError as problem:
            raise LabFailed(f"the cluster {address} is lost: {problem}") from None


def packed(task: Task) -> bytes:
    """A task as bytes that any worker can open."""
    return zlib.compress(msgspec.msgpack.encode(task), 1)


def job(content: bytes, first: int, end: int, versions: dict[str, str]) -> Part:
    """Do the paths of a range, on a worker: what it needs is `content`. Raises LabFailed: other versions are here."""
    here = present_versions()
    if here != versions:
        other = ", ".join(
            f"{name} {here[name]} and not {wanted}" for name, wanted in versions.items() if here[name] != wanted
        )
        raise LabFailed(f"a worker of the cluster has {other}: install the same there")
    # A worker of several threads counts for one part at a time.
    with _ONE_AT_A_TIME:
        return _worker(content).part(first, end)


def present_versions() -> dict[str, str]:
    """Versions that decide the bytes of a path."""
    return {"tallystick": tallystick.__version__, "numpy": np.__version__}


@lru_cache(maxsize=1)
def _worker(content: bytes) -> Worker:
    return Worker(msgspec.msgpack.decode(zlib.decompress(content), type=Task))


class _Spread:
    """Jobs of one run, some of them under way."""

    def __init__(
        self, client: Client, content: bytes, ranges: Sequence[tuple[int, int]], renew: Callable[[], None]
    ) -> None:
        self._client = client
        self._renew = renew
        self._content = content
        self._waiting = list(reversed(ranges))
        self._under_way: dict[Future[Part], tuple[int, int]] = {}
        self._silent = 0
        self._empty = 0

    def parts(self) -> Iterator[Part]:
        self._hand_out()
        while self._under_way:
            try:
                ready = self._ready()
            except KeyboardInterrupt:
                yield from self._finished()
                raise
            for future in ready:
                part = self._part(future, self._under_way[future])
                if part is not None:
                    del self._under_way[future]
                    self._hand_out()
                    yield part

    def _finished(self) -> Iterator[Part]:
        """Yield the parts that workers have finished by now, before a run that is interrupted ends."""
        for future, some in self._under_way.items():
            part = self._part(future, some) if future.status == "finished" else None
            if part is not None:
                yield part

    def _hand_out(self) -> None:
        """Hand out jobs, a few for each worker."""
        most = JOBS_PER_WORKER * max(1, len(self._client.nthreads()))
        while self._waiting and len(self._under_way) < most:
            first, end = some = self._waiting.pop()
            future = self._client.submit(job, self._content, first, end, present_versions(), pure=False)
            self._under_way[future] = some

    def _ready(self) -> list[Future[Part]]:
        """Wait for jobs that are done. Raises LabFailed: none has been for long, or there are no workers."""
        from distributed import wait

        with suppress(TimeoutError), self._client.as_current():
            wait(list(self._under_way), timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED")
        found = [future for future in self._under_way if future.done()]
        self._silent = 0 if found else self._silent + LOOK_SECONDS
        self._empty = 0 if found or self._client.nthreads() else self._empty + LOOK_SECONDS
        if self._empty in RENEWED_SECONDS:
            self._renew()
        if self._client.status != "running":
            raise LabFailed("the scheduler of the cluster is gone")
        if self._empty >= JOINED_SECONDS:
            raise LabFailed(f"the cluster has had no worker for {JOINED_SECONDS} seconds")
        if self._silent >= RANGE_SECONDS:
            raise LabFailed(f"no range of paths has come back from the cluster for {RANGE_SECONDS // 60} minutes")
        return found

    def _part(self, future: Future[Part], some: tuple[int, int]) -> Part | None:
        """Part of a job that is done; None where it was lost with its worker, and is done again."""
        from distributed.scheduler import KilledWorker

        try:
            problem = future.exception(timeout=LOOK_SECONDS)
            if problem is None:
                part: Part = future.result(timeout=LOOK_SECONDS)
                return part
        except TimeoutError:
            return None
        except KilledWorker as killed:
            # It was done, lost with its worker before it was fetched, and given up when it was done again.
            problem = killed
        if isinstance(problem, (LabFailed, BadModel)):
            raise problem
        first, end = some
        if isinstance(problem, KilledWorker):
            raise LabFailed(
                f"paths {first} to {end - 1} have ended {problem.allowed_failures + 1} workers of the cluster, the "
                f"last of them with exit code {_exit_code(self._client, problem.last_worker)}"
            )
        raise LabFailed(f"paths {first} to {end - 1} failed on the cluster: {problem!r}")


def _exit_code(client: Client, lost: WorkerState) -> str:
    """Exit code of a lost worker, from the log of its nanny, which answers once it has a worker again."""
    pause = threading.Event()
    for _ in range(EXIT_CODE_LOOKS):
        if code := _logged_exit(client, lost.nanny):
            return code
        pause.wait(EXIT_CODE_PAUSE)
    return f"that only its own log tells ({lost.address})"


def _logged_exit(client: Client, nanny: str | None) -> str | None:
    """Last exit code in the log of a nanny; None where it has not written one yet, or cannot be asked."""
    # LookupError: a worker went away between the two questions.
    with suppress(OSError, ValueError, TimeoutError, LookupError):
        workers = client.scheduler_info(n_workers=-1)["workers"]
        asked = [address for address, known in workers.items() if known["nanny"] == nanny]
        for lines in client.get_worker_logs(workers=asked, nanny=True).values():
            # The newest line comes first.
            for _, line in lines:
                if found := _ENDED.search(line):
                    killed, left = found.groups()
                    return f"-{killed}" if killed else str(left)
    return None


@contextmanager
def _client(address: str) -> Iterator[tuple[Client, Callable[[], None]]]:
    """Client of a cluster, and what gives it new workers if it is our own; both end with it. Raises LabFailed."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise LabFailed(f"a cluster needs Dask: {advice('cluster')}") from None
    renew: Callable[[], None] = _nothing
    with ExitStack() as stack:
        try:
            if address.startswith(LOCAL):
                # Ctrl-C is for the caller: workers begin with it held back, and the caller hears of it afterwards.
                mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
                try:
                    cluster = LocalCluster(**_local(_count(address)))
                finally:
                    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                address = stack.enter_context(cluster).scheduler_address
                renew = partial(_renew, cluster)
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as problem:
            raise LabFailed(f"the cluster {address} cannot be reached: {problem}") from None
        yield stack.enter_context(client), renew


def _nothing() -> None:
    """Leave a cluster as it is that is not our own."""


def _renew(cluster: LocalCluster) -> None:
    """Begin as many workers again as there were: a nanny does not replace one that dies while it starts."""
    cluster.scale(2 * len(cluster.worker_spec))


def _local(workers: int) -> dict[str, Any]:
    """Settings of a cluster on this machine: one thread a worker, no dashboard, nothing beyond 127.0.0.1."""
    return {
        "n_workers": workers,
        "threads_per_worker": 1,
        "host": "127.0.0.1",
        "dashboard_address": None,
        "scheduler_kwargs": {"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        "silence_logs": logging.CRITICAL,
    }


def _count(address: str) -> int:
    text = address.removeprefix(LOCAL)
    if not text.isdecimal() or not 1 <= int(text) <= WORKERS_MOST:
        raise LabFailed(f"write local:2 for a cluster of two workers here, and not {address[:40]!r}")
    return int(text)
