"""Runs on a cluster: the same bytes as on one worker, also where workers are killed in the middle."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import dask.config
import pytest
import trustme
from dask.base import compute
from dask.delayed import delayed
from distributed import Client, LocalCluster
from distributed.core import Status
from distributed.scheduler import WorkerState
from distributed.security import Security

from tallystick.lab import cluster, running
from tallystick.lab.book import Book
from tallystick.lab.jobs import LabFailed, Part, Task
from tallystick.lab.running import Folder, Run, carry_out
from tests.lab.test_running import MODEL, PATHS, started
from tests.lab.worlds import world

WORKER = "Dask Worker process (from Nanny)"
Progress = Callable[[int, int], None]


@pytest.fixture(scope="module", autouse=True)
def short_ranges() -> Iterator[None]:
    """Twelve ranges of five paths, so that something is under way whenever a worker is killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "RANGE_PATHS", 5)
        yield


@pytest.fixture(scope="module")
def book() -> Book:
    return world(3, hours_most=130).book


@pytest.fixture(scope="module")
def whole(book: Book) -> Run:
    return carry_out(started(book), book, MODEL)


def killing(count: int) -> Progress:
    """Progress that kills so many workers once, when the first part is back."""
    left = [count]

    def progress(done: int, of: int) -> None:
        for child in multiprocessing.active_children():
            if left[0] and child.name == WORKER:
                os.kill(child.pid or 0, signal.SIGKILL)
                left[0] -= 1

    return progress


@pytest.mark.parametrize("killed", [0, 1, 2])
def test_two_workers_give_the_same_bytes(book: Book, whole: Run, killed: int) -> None:
    """None, one and both of them are killed while the rest is under way."""
    done = carry_out(started(book), book, MODEL, cluster="local:2", progress=killing(killed))
    assert done.manifest == whole.manifest
    assert list(done.lines()) == list(whole.lines())


def test_eight_processes_give_the_same_bytes(book: Book, whole: Run) -> None:
    assert carry_out(started(book), book, MODEL, workers=8).manifest == whole.manifest


def test_jobs_one_after_another_give_the_same_bytes(book: Book, whole: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask's synchronous scheduler, which runs the jobs in this process; each is done twice."""
    packed: list[tuple[object, ...]] = []

    def spread(task: Task, ranges: list[tuple[int, int]], address: str) -> Iterator[Part]:
        content = cluster.packed(task)
        packed.extend((content, *some, cluster.present_versions()) for some in ranges)
        jobs = [delayed(cluster.job)(*one) for one in packed]
        compute(*jobs, scheduler="synchronous")
        yield from compute(*jobs, scheduler="synchronous")

    monkeypatch.setattr(cluster, "spread", spread)
    assert carry_out(started(book), book, MODEL, cluster="local:2").manifest == whole.manifest
    assert len(packed) == PATHS // 5


def test_a_job_that_kills_its_workers_ends_with_its_paths_and_exit_code(book: Book, whole: Run, tmp_path: Path) -> None:
    """The scheduler gives a job up after one worker here, else after four."""
    folder = Folder(tmp_path / "run")
    folder.begin(started(book), book)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        pytest.raises(
            LabFailed, match=r"paths \d+ to \d+ have ended 1 workers of the cluster, the last of them with exit code -9"
        ),
    ):
        carry_out(started(book), book, MODEL, cluster="local:2", folder=folder, progress=killing(2))
    assert 0 < len(folder.done()) < PATHS // 5
    assert list(folder.resume(1, lambda done, of: None).lines()) == list(whole.lines())


def lost(nanny: str | None) -> WorkerState:
    """Worker that is lost, as the scheduler tells it."""
    return WorkerState(
        address="tcp://old:1",
        status=Status.closed,
        pid=7,
        name="0",
        memory_limit=0,
        local_directory="",
        server_id="old",
        nanny=nanny,
    )


class LateNanny:
    """Client of a cluster whose lost worker's nanny answers at the third question, beside another nanny."""

    def __init__(self, line: str) -> None:
        self._asked = 0
        self._line = line

    def scheduler_info(self, n_workers: int) -> dict[str, dict[str, dict[str, str]]]:
        self._asked += 1
        workers = {"tcp://other": {"nanny": "tcp://nanny-of-other"}}
        return {"workers": workers | ({"tcp://new": {"nanny": "tcp://nanny"}} if self._asked > 2 else {})}

    def get_worker_logs(self, workers: list[str], nanny: bool) -> dict[str, list[tuple[str, str]]]:
        lines = {
            "tcp://new": ["Restarting worker", self._line, "Worker process 5 exited with status 1"],
            "tcp://other": ["Worker process 6 exited with status 2"],
        }
        return {one: [("INFO", line) for line in lines[one]] for one in workers}


@pytest.mark.parametrize(
    ("line", "code"),
    [("Worker process 7 was killed by signal 9", "-9"), ("Worker process 7 exited with status 3", "3")],
)
def test_the_exit_code_of_a_lost_worker_is_waited_for(line: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its nanny is out of reach until it has begun another worker; the newest line of its log counts, and no other."""
    monkeypatch.setattr(cluster, "EXIT_CODE_PAUSE", 0)
    assert cluster._exit_code(cast("Client", LateNanny(line)), lost("tcp://nanny")) == code


def test_a_worker_without_a_nanny_has_no_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "EXIT_CODE_PAUSE", 0)
    assert cluster._exit_code(cast("Client", LateNanny("")), lost(None)) == "that only its own log tells (tcp://old:1)"


def test_ctrl_c_loses_no_path_that_is_done(book: Book, whole: Run, tmp_path: Path) -> None:
    """The signal comes while jobs are under way, as from a terminal; without a cluster the rest is done later."""
    folder = Folder(tmp_path / "run")
    folder.begin(started(book), book)
    told: list[int] = []

    def stop(done: int, of: int) -> None:
        told.append(done)
        if len(told) == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        carry_out(started(book), book, MODEL, cluster="local:2", folder=folder, progress=stop)
    assert told == [5, 10]
    assert len(folder.done()) == 2
    assert [child for child in multiprocessing.active_children() if child.name == WORKER] == []
    resumed = folder.resume(1, lambda done, of: told.append(done))
    assert told == [5, 10, *range(15, PATHS + 1, 5)]
    assert resumed.manifest == whole.manifest


def test_a_signal_between_parts_keeps_those_that_are_back(
    book: Book, whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the run waits: what the workers have finished by then is fetched and kept before the run ends."""
    folder = Folder(tmp_path / "run")
    folder.begin(started(book), book)
    ready = cluster._Spread._ready
    calls: list[int] = []

    def interrupted(spread: cluster._Spread) -> object:
        found = ready(spread)
        calls.append(len(found))
        if found:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(cluster._Spread, "_ready", interrupted)
    with pytest.raises(KeyboardInterrupt):
        carry_out(started(book), book, MODEL, cluster="local:2", folder=folder)
    assert len(folder.done()) >= calls[-1] > 0
    assert folder.resume(1, lambda done, of: None).manifest == whole.manifest


def certificates(place: Path) -> dict[str, str]:
    """Authority of its own in a folder, and a certificate of it for workers and clients alike: the paths of both."""
    place.mkdir()
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(place / "ca.pem"))
    issued.private_key_and_cert_chain_pem.write_to_path(str(place / "own.pem"))
    return {"ca": str(place / "ca.pem"), "own": str(place / "own.pem")}


def test_a_cluster_with_certificates_of_its_own_takes_nobody_elses(
    book: Book, whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = certificates(tmp_path / "own"), certificates(tmp_path / "other")
    roles = {f"tls_{role}_{part}": own["own"] for role in ("scheduler", "worker", "client") for part in ("cert", "key")}
    security = Security(tls_ca_file=own["ca"], require_encryption=True, **roles)
    settings = {**cluster._local(1), "protocol": "tls", "security": security}

    def named(pems: dict[str, str]) -> dict[str, str]:
        tls = "distributed.comm.tls"
        return {f"{tls}.ca-file": pems["ca"], f"{tls}.client.cert": pems["own"], f"{tls}.client.key": pems["own"]}

    with closing(LocalCluster(**settings)) as ours:
        assert ours.scheduler_address.startswith("tls://127.0.0.1:")
        with dask.config.set(named(own)):
            done = carry_out(started(book), book, MODEL, cluster=ours.scheduler_address)
        assert done.manifest == whole.manifest
        monkeypatch.setattr(cluster, "CONNECT_SECONDS", 2)
        with dask.config.set(named(other)), pytest.raises(LabFailed, match="cannot be reached"):
            carry_out(started(book), book, MODEL, cluster=ours.scheduler_address)


def test_other_versions_are_refused(book: Book) -> None:
    versions = {**cluster.present_versions(), "numpy": "1.0"}
    with pytest.raises(LabFailed, match=r"a worker of the cluster has numpy \d+\.\d+\.\d+ and not 1\.0: install"):
        cluster.job(b"", 0, 1, versions)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("local:x", "write local:2"),
        ("tcp://127.0.0.1:1", "cannot be reached"),
        ("udp://127.0.0.1:1", "cannot be reached"),
    ],
)
def test_a_cluster_that_is_not_there(
    book: Book, address: str, said: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    caplog.set_level(logging.CRITICAL)
    with pytest.raises(LabFailed, match=said):
        carry_out(started(book), book, MODEL, cluster=address)
