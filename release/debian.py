"""A bare Debian in a folder, made by debootstrap and entered by chroot. Needs root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from release import story

DEBIANS = {"bookworm": "Debian 12", "trixie": "Debian 13"}
NEEDED = ("python3", "python3-pip", "make")
"""Tools that the README asks for: Python, pip and make."""
MOUNTED = {"proc": "/proc", "devpts": "/dev/pts"}
"""Kinds of file systems that are mounted inside, and where. Commands that ask on a terminal are tested on one."""
MIRROR = "http://deb.debian.org/debian"
SECONDS_MAX = 3600
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
INSIDE = Path("/etc/ssl/of-the-host.crt")
"""Certificates of the host inside, beside those of the Debian: a company's network may have its own."""
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class Debian:
    """A bare Debian in a folder, entered by chroot."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self, release: str) -> None:
        """Fill the folder with the smallest Debian of this release, and what the README asks for."""
        said = ["debootstrap", "--variant=minbase", release, str(self.root), MIRROR]
        subprocess.run(said, check=True, stdout=subprocess.DEVNULL, timeout=SECONDS_MAX)
        shutil.copy("/etc/resolv.conf", self.root / "etc" / "resolv.conf")
        if CERTIFICATES.exists():
            (self.root / "etc" / "ssl").mkdir(exist_ok=True)
            shutil.copy(CERTIFICATES, self.root / INSIDE.relative_to("/"))
        for kind, folder in MOUNTED.items():
            self.run(f"mkdir -p {folder} && mount -t {kind} {kind} {folder} || true")
        self.run(f"apt-get update -qq && apt-get install -y -qq --no-install-recommends {' '.join(NEEDED)}", quiet=True)

    def environment(self) -> dict[str, str]:
        """Variables of what runs inside."""
        return {
            "PATH": story.BARE_PATH,
            "HOME": "/srv",
            "LANG": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
            **({"PIP_CERT": str(INSIDE)} if CERTIFICATES.exists() else {}),
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        }

    def run(self, command: str, *, quiet: bool = False, **variables: str) -> None:
        """Carry out a line of shell inside. Raises CalledProcessError."""
        subprocess.run(
            ["chroot", str(self.root), "/bin/sh", "-c", command],
            check=True,
            env={**self.environment(), **variables},
            stdout=subprocess.DEVNULL if quiet else None,
            timeout=SECONDS_MAX,
        )

    def end(self) -> None:
        """Unmount and remove all of it."""
        for folder in MOUNTED.values():
            subprocess.run(["umount", "-q", "-l", str(self.root / folder.lstrip("/"))], check=False)
        shutil.rmtree(self.root, ignore_errors=True)


@contextmanager
def bare_debian(release: str, root: Path) -> Iterator[Debian]:
    """A bare Debian of this release in a folder, which is removed afterwards."""
    debian = Debian(root)
    try:
        debian.make(release)
        yield debian
    finally:
        debian.end()
