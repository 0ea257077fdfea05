"""Check that this tree can be released. Changes nothing in it; builds elsewhere. Run by `make release`.

Lists everything that is missing, not only the first. What a version promises: decisions/055.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from hatch_build import README, with_address

from release import packages, pythons, story
from tallystick import __version__
from tallystick.store.format import FORMAT

ROOT = packages.ROOT
TOP = re.compile(r"^## (\S+) \((\S+)\)$", re.MULTILINE)
FORMAT_SAID = re.compile(r"\bformat (\d+)\b")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LINK = re.compile(r"""(?:\]\(|\]: |src="|href=")([^)#\s"]+)""")
PLACE = re.compile(r"(?<![\w.~:/])/(?:work|home|root|tmp|Users)/[\w.]")
CLAIMED = re.compile(r"Programming Language :: Python :: (\d+\.\d+)")
ADDRESS = "Repository"
CANDLES = (".csv", ".csv.gz", ".parquet", ".zip")
OUR_PRICES = ("tallystick/data/paths/usdc_loses_its_peg.csv",)
"""Prices of the package that were written for it (docs/market-data.md)."""


def project(root: Path) -> dict[str, Any]:
    """The table [project] of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def tree(root: Path) -> Iterator[str]:
    """Changes that git sees, and a tag of this version that points elsewhere."""
    try:
        changed = _git(root, "status", "--porcelain").splitlines()
        tagged = _git(root, "tag", "--list", f"v{__version__}") and not _git(root, "tag", "--points-at", "HEAD")
    except subprocess.CalledProcessError as failed:
        yield f"git cannot read this folder, and a release is a commit: run this in a clone ({failed.stderr.strip()})"
        return
    if changed:
        first = changed[0][3:]
        yield f"the tree is not clean: commit or remove {len(changed)} files that differ from it, such as {first}"
    if tagged:
        yield f"v{__version__} is the tag of another commit: write the next version into src/tallystick/__init__.py"


def changelog(root: Path) -> Iterator[str]:
    """Version, date and format at the top of the changelog."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    top = TOP.search(text)
    if top is None:
        yield "CHANGELOG.md has no line such as ## 0.1.0 (2026-12-01)"
        return
    if top[1] != __version__:
        yield f"CHANGELOG.md begins with {top[1]}: write what changed in {__version__} above it"
    if not DAY.fullmatch(top[2]):
        yield f"CHANGELOG.md says ({top[2]}) for {top[1]}: write the day of the release there, as in (2026-12-01)"
    newest = text[top.end() :].partition("\n## ")[0]
    said = FORMAT_SAID.search(newest)
    if said is None or int(said[1]) != FORMAT:
        yield f"CHANGELOG.md does not say that {top[1]} writes folders of format {FORMAT}"


def links(root: Path) -> Iterator[str]:
    """The address of the project, without which relative links of the README lead nowhere on a package index."""
    address = project(root).get("urls", {}).get(ADDRESS, "")
    if not address.startswith("https://"):
        yield (
            f'pyproject.toml has no address of the project: write [project.urls] {ADDRESS} = "https://..." there, '
            "or links of the README are dead on a package index"
        )
        return
    text = with_address((root / README).read_text(encoding="utf-8"), address, __version__)
    relative = sorted({target for target in LINK.findall(text) if not target.startswith("https://")})
    if relative:
        yield f"{README} has {len(relative)} links that are dead on a package index, such as {relative[0]}"


def data(root: Path) -> Iterator[str]:
    """Candles in the package that were not written for it: nobody has shown that they may be handed on."""
    yield from candles("src", (path.relative_to(root).as_posix() for path in (root / "src").rglob("*")))


def claims(root: Path) -> Iterator[str]:
    """Pythons that the classifiers claim and nothing here can be run on."""
    for version in _claimed(root):
        if version not in pythons.found():
            yield f"the classifiers claim Python {version}: install it to try it, or take the claim back"


def built(root: Path) -> Iterator[str]:
    """Both packages: built, free of paths of this machine, and tried by a story on every Python that is claimed."""
    with tempfile.TemporaryDirectory() as place:
        try:
            source, wheel = packages.build(Path(place), root)
        except subprocess.CalledProcessError as broken:
            yield f"the packages do not build: {broken.stderr.decode(errors='replace')[-400:]}"
            return
        for package in (wheel, source):
            yield from places(package)
            yield from candles(package.name, members(package))
        for version, python in pythons.found().items():
            if version in _claimed(root):
                try:
                    packages.try_installed(wheel, python)
                except (story.StoryBroken, subprocess.SubprocessError) as broken:
                    yield f"the story does not run on Python {version}: {broken}"


def candles(where: str, names: Iterable[str]) -> Iterator[str]:
    """Names that look like candles, but for prices of our own."""
    for name in names:
        if name.endswith(CANDLES) and not name.endswith(OUR_PRICES):
            yield f"{where}: {name}: nobody has shown that it may be handed on (docs/market-data.md)"


def places(package: Path) -> Iterator[str]:
    """Files of a package with a path of the machine that built it, but for tests, which look for such paths."""
    for name, text in _texts(package):
        if "/tests/" not in f"/{name}" and (found := PLACE.search(text)):
            yield f"{package.name}: {name} has the path {text[found.start() : found.start() + 40].split()[0]}"


def site(root: Path) -> Iterator[str]:
    """The site of the docs, built without a broken link."""
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [sys.executable, "-m", "docs.site.build", place], cwd=root, capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        yield f"the site of the docs does not build: {(done.stdout + done.stderr)[-400:]}"


CHECKS: tuple[Callable[[Path], Iterator[str]], ...] = (tree, changelog, links, data, claims, site, built)


def _git(root: Path, *words: str) -> str:
    """Output of a git command. Raises CalledProcessError."""
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout


def _claimed(root: Path) -> list[str]:
    return [found[1] for line in project(root)["classifiers"] if (found := CLAIMED.fullmatch(line))]


def members(package: Path) -> list[str]:
    """Names of the files in a package."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as archive:
            return archive.namelist()
    with tarfile.open(package) as archive:
        return archive.getnames()


def _texts(package: Path) -> Iterator[tuple[str, str]]:
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as archive:
            raw = {name: archive.read(name) for name in archive.namelist()}
    else:
        with tarfile.open(package) as archive:
            files = [(member.name, archive.extractfile(member)) for member in archive.getmembers()]
            raw = {name: file.read() for name, file in files if file is not None}
    for name, data in raw.items():
        try:
            yield name, data.decode("utf-8")
        except UnicodeDecodeError:
            continue


def main() -> None:
    missing = 0
    for check in CHECKS:
        found = list(check(ROOT))
        missing += len(found)
        print(f"{check.__name__:10} {'ok' if not found else ''}", flush=True)
        for problem in found:
            print(f"           - {problem}", flush=True)
    if missing:
        raise SystemExit(
            f"{__version__} cannot be released yet: mend what is named above ({missing}), and run this again"
        )
    print(f"{__version__} can be released: tag this commit v{__version__}, run `make packages`, and upload dist.")
    print("Then switch the install lines: CONTRIBUTING.md, A release.")


if __name__ == "__main__":
    main()
