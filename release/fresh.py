"""Run the README's two commands in a bare Debian, from the source package, and say what each took.

Run by `make fresh` as root, with debootstrap (options: ARGS="bookworm --tests 'tests/golden tests/wire'"). With
`--image` the steps of the Dockerfile are carried out there instead. Each Debian is made in a folder of its own, which
is removed afterwards; nothing but the network is shared with it.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import tempfile
import time
from pathlib import Path

from release import image, packages, story
from release.debian import DEBIANS, bare_debian


def try_debian(release: str, tests: str) -> str:
    """Set up and serve as `make run` does, play the story, run `make test`; what each took."""
    with tempfile.TemporaryDirectory() as place:
        source, _ = packages.build(Path(place) / "dist")
        with bare_debian(release, Path(place) / "debian") as debian:
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
    return f"{told}; make run and a story {ran - began:.0f} s, make test ({tests or 'all of it'}) {tested - ran:.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", nargs="*", choices=[*DEBIANS, []], help="which Debian; without one both")
    parser.add_argument("--tests", default="", help="only these tests")
    parser.add_argument("--image", action="store_true", help="carry out the steps of the Dockerfile instead")
    asked = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise SystemExit("fresh: needs root and debootstrap (apt-get install debootstrap)")
    for release in asked.release or DEBIANS:
        said = image.try_steps(release) if asked.image else try_debian(release, asked.tests)
        print(f"{DEBIANS[release]} ({release}): {said}", flush=True)


if __name__ == "__main__":
    main()
