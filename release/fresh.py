"""Run the README's two commands in a bare Debian, from the source package, and say what each took.

Run by `make fresh` as root, with debootstrap (options: ARGS="bookworm --tests 'tests/golden tests/wire'"). Each Debian
is made in a folder of its own, which is removed afterwards; nothing but the network is shared with it.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from release import packages, story

DEBIANS = {"bookworm": "Debian 12", "trixie": "Debian 13"}
NEEDED = ("python3", "python3-pip", "make")
"""What the README asks for: Python, pip and make."""
MIRROR = "http://deb.debian.org/debian"
SECONDS_MAX = 3600
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
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
            inside = self.root / CERTIFICATES.relative_to("/")
            inside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CERTIFICATES, inside)
        self.run("mount -t proc proc /proc || true")
        self.run(f"apt-get update -qq && apt-get install -y -qq --no-install-recommends {' '.join(NEEDED)}", quiet=True)

    def run(self, command: str, *, quiet: bool = False) -> None:
        """Carry out a line of shell inside. Raises CalledProcessError."""
        environment = {
            "PATH": story.BARE_PATH,
            "HOME": "/srv",
            "LANG": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
            "PIP_CERT": str(CERTIFICATES),
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        }
        subprocess.run(
            ["chroot", str(self.root), "/bin/sh", "-c", command],
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL if quiet else None,
            timeout=SECONDS_MAX,
        )

    def end(self) -> None:
        """Unmount and remove all of it."""
        subprocess.run(["umount", "-q", str(self.root / "proc")], check=False)
        shutil.rmtree(self.root, ignore_errors=True)


def try_debian(release: str, tests: str) -> None:
    """Make a bare Debian of `release`, set up and serve as `make run` does, play the story, run `make test`."""
    with tempfile.TemporaryDirectory() as place:
        source, _ = packages.build(Path(place) / "dist")
        debian = Debian(Path(place) / "debian")
        try:
            debian.make(release)
            tree = packages.unpack(source, debian.root / "srv")
            inside = f"/srv/{tree.name}"
            began = time.monotonic()
            debian.run(f"cd {inside} && make setup")
            told = story.play(
                Path(inside) / ".venv/bin/tally",
                debian.root / "srv",
                inside=("chroot", str(debian.root)),
                seen_at="/srv/data",
            )
            ran = time.monotonic()
            debian.run(f"cd {inside} && make test ARGS={shlex.quote('-q -p no:cacheprovider ' + tests)}")
            tested = time.monotonic()
        finally:
            debian.end()
    name = f"{DEBIANS[release]} ({release})"
    of = tests or "all tests"
    print(
        f"{name}: {told}; make run and a story {ran - began:.0f} s, make test ({of}) {tested - ran:.0f} s", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", nargs="*", choices=[*DEBIANS, []], help="which Debian; without one both")
    parser.add_argument("--tests", default="", help="only these tests")
    asked = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise SystemExit("fresh: needs root and debootstrap (apt-get install debootstrap)")
    for release in asked.release or DEBIANS:
        try_debian(release, asked.tests)


if __name__ == "__main__":
    main()
