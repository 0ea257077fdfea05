"""What the figures depend on: machine, versions, and what one fsync costs where the data lies."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from importlib import metadata
from pathlib import Path

PACKAGES = (
    *("tallystick", "msgspec", "apsw", "uvicorn", "uvloop", "httptools"),
    *("fastapi", "starlette", "pydantic", "flask", "werkzeug", "gunicorn"),
)
MEMORY_FILE_SYSTEMS = frozenset({"tmpfs", "ramfs"})


def describe(folder: Path) -> dict[str, str]:
    """Name -> text, in the order to print them. `folder` is where the servers keep their data."""
    file_system = file_system_of(folder)
    fsync = fsync_ms(folder)
    told = {
        "cpu": _cpu_model(),
        "cores": f"{os.cpu_count()}, of which usable {len(os.sched_getaffinity(0))}",
        "load": f"{os.getloadavg()[0]:.2f} before the start",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite of the venue": _apsw_sqlite(),
        "sqlite of the peers": sqlite3.sqlite_version,
        "file system": file_system + (" (memory: an fsync costs nothing here)" if _in_memory(file_system) else ""),
        "fsync of 4 KiB": f"median {statistics.median(fsync):.3f} ms, slowest of {len(fsync)} {max(fsync):.3f} ms",
    }
    return told | {"packages": ", ".join(f"{name} {version}" for name, version in _versions().items())}


def fsync_ms(folder: Path, *, times: int = 300) -> list[float]:
    """How long appending 4 KiB and syncing takes, in milliseconds, one after another."""
    path = folder / "fsync.probe"
    costs = []
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            started_at = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            costs.append((time.perf_counter() - started_at) * 1000)
    path.unlink()
    return costs


def file_system_of(folder: Path) -> str:
    """The type of the file system that holds `folder`, by the longest mount point above it."""
    best = ("", "unknown")
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mounted_on, kind, *_ = line.split()
        if folder.resolve().is_relative_to(mounted_on) and len(mounted_on) >= len(best[0]):
            best = (mounted_on, kind)
    return best[1]


def _in_memory(file_system: str) -> bool:
    return file_system in MEMORY_FILE_SYSTEMS


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _apsw_sqlite() -> str:
    try:
        import apsw
    except ImportError:
        return "apsw is not installed"
    return apsw.sqlite_lib_version()


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
