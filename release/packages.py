"""Build the source package and, from it alone, the wheel; play the story through both in bare environments.

Run by `make packages` (options: ARGS="--python python3.13", which may be given several times). Packages go to
`dist/`. What they need comes from the package index that pip is set to; nothing else is asked.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from release import story
from tallystick import __version__

ROOT = Path(__file__).resolve().parents[1]
BUILD_SECONDS_MAX, INSTALL_SECONDS_MAX = 120, 600


def build(into: Path, root: Path = ROOT) -> tuple[Path, Path]:
    """The source package of `root`, and the wheel made of that package once unpacked. Needs hatchling here."""
    into.mkdir(parents=True, exist_ok=True)
    source = _built("sdist", into, root)
    with tempfile.TemporaryDirectory() as place:
        return source, _built("wheel", into, unpack(source, Path(place)))


def unpack(source: Path, place: Path) -> Path:
    """The one folder that the source package holds, unpacked in `place`."""
    with tarfile.open(source) as archive:
        archive.extractall(place, filter="data")
    return place / source.name.removesuffix(".tar.gz")


def _built(kind: str, into: Path, root: Path) -> Path:
    build = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(into)]
    subprocess.run(build, cwd=root, check=True, capture_output=True, timeout=BUILD_SECONDS_MAX)
    ending = {"sdist": ".tar.gz", "wheel": "-py3-none-any.whl"}[kind]
    return into / f"tallystick-{__version__}{ending}"


def bare(place: Path, python: str, *installed: str) -> Path:
    """An environment of `python` in `place` with what is named installed; the folder of its commands."""
    subprocess.run([python, "-m", "venv", "--without-pip", str(place)], check=True, timeout=INSTALL_SECONDS_MAX)
    pip = [_with_pip(), "-m", "pip", "--python", str(place / "bin" / "python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", *installed], check=True, timeout=INSTALL_SECONDS_MAX)
    return place / "bin"


def _with_pip() -> str:
    """The Python whose pip installs: this one, or the one this environment was made of."""
    for python in (sys.executable, getattr(sys, "_base_executable", sys.executable)):
        if subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
            return python
    raise SystemExit("pip is needed: neither this Python nor the one it was made of has it")


def try_installed(package: Path, python: str) -> None:
    """Install `package` by itself and play the story with its command."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        commands = bare(Path(place) / "bare", python, str(package))
        said = story.play(commands / "tally", Path(place))
    print(f"{package.name} on {python}: {said}, {time.monotonic() - began:.0f} s", flush=True)


def try_tree(source: Path, python: str) -> None:
    """Unpack `source` and play the story with what `make setup` makes there, as `make run` does."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        tree = unpack(source, Path(place))
        make = ["make", "--no-print-directory", "-C", str(tree), "setup", f"PYTHON={python}"]
        subprocess.run(make, check=True, timeout=INSTALL_SECONDS_MAX)
        said = story.play(tree / ".venv" / "bin" / "tally", Path(place))
    print(f"{source.name} unpacked, make setup on {python}: {said}, {time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", default=[], help="play the wheel's story on this Python too")
    asked = parser.parse_args()
    source, wheel = build(ROOT / "dist")
    base = str(getattr(sys, "_base_executable", sys.executable))
    try:
        try_tree(source, base)
        try_installed(source, base)
        for python in dict.fromkeys((base, *asked.python)):
            try_installed(wheel, python)
    except (story.StoryBroken, subprocess.SubprocessError) as broken:
        raise SystemExit(f"packages: {broken}") from None


if __name__ == "__main__":
    main()
