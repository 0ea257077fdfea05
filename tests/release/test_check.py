"""`make release` sees each thing that would make a bad release."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from release import check, pythons
from tallystick import __version__
from tallystick.store.format import FORMAT
from tests.tidy.files import ROOT

Check = Callable[[Path], Iterator[str]]
GOOD_TOP = f"# Changelog\n\n## {__version__} (2026-12-01)\n\nFolders have format {FORMAT}.\n"
GOOD_README = "[guide](https://code.example/guide) [below](#below) [here](docs/a.md) ![picture](docs/a.svg)\n"
PYPROJECT = """\
[project]
classifiers = ["Programming Language :: Python :: 3.11", "Programming Language :: Python :: 3 :: Only"]
[project.urls]
Repository = "https://code.example/tallystick"
"""


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A tree that could be released, as far as the quick checks see."""
    (tmp_path / "CHANGELOG.md").write_text(GOOD_TOP, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (tmp_path / "README.md").write_text(GOOD_README, encoding="utf-8")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(tmp_path)]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*git, *words], check=True, timeout=60)
    return tmp_path


@pytest.mark.parametrize("one", [check.tree, check.changelog, check.links, check.data])
def test_a_good_tree_passes(good: Path, one: Check) -> None:
    assert list(one(good)) == []


@pytest.mark.parametrize(
    ("one", "name", "text", "said"),
    [
        (
            check.tree,
            "stray.txt",
            "",
            "commit or remove 1 files that differ from it, such as stray.txt",
        ),
        (check.changelog, "CHANGELOG.md", "# Changelog\n", "has no line"),
        (
            check.changelog,
            "CHANGELOG.md",
            GOOD_TOP.replace(__version__, "9.9.9"),
            "begins with 9.9.9: write what changed in",
        ),
        (check.changelog, "CHANGELOG.md", GOOD_TOP.replace("2026-12-01", "unreleased"), "write the day of the release"),
        (check.changelog, "CHANGELOG.md", GOOD_TOP.replace(f"format {FORMAT}", "format 1"), f"format {FORMAT}"),
        (check.links, "README.md", '<img src="docs/a.svg">\n', "1 links that are dead"),
        (check.links, "README.md", "[a](http://code.example/a)\n", "1 links that are dead"),
        (check.links, "pyproject.toml", PYPROJECT.partition("[project.urls]")[0], "write [project.urls] Repository"),
    ],
)
def test_a_planted_fault_is_seen(good: Path, one: Check, name: str, text: str, said: str) -> None:
    (good / name).write_text(text, encoding="utf-8")
    (found,) = one(good)
    assert said in found


def test_a_folder_without_git_is_no_tree_to_release(tmp_path: Path) -> None:
    (found,) = check.tree(tmp_path)
    assert found.startswith("git cannot read this folder, and a release is a commit: run this in a clone (")


def test_a_version_with_the_tag_of_another_commit_is_seen(good: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(good)]
    subprocess.run([*git, "tag", f"v{__version__}"], check=True, timeout=60)
    assert list(check.tree(good)) == []
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "later"], check=True, timeout=60)
    (found,) = check.tree(good)
    assert found.startswith(f"v{__version__} is the tag of another commit: write the next version")


def test_data_of_others_in_the_package_is_seen(good: Path) -> None:
    paths = good / "src" / "tallystick" / "data" / "paths"
    paths.mkdir(parents=True)
    (paths / "usdc_loses_its_peg.csv").touch()
    assert list(check.data(good)) == []
    (paths / "usdc_usd_2023-03.csv").touch()
    (found,) = check.data(good)
    assert found.startswith("src: src/tallystick/data/paths/usdc_usd_2023-03.csv: nobody has shown")


def test_recordings_in_either_package_are_seen(tmp_path: Path) -> None:
    wheel, source = tmp_path / "one.whl", tmp_path / "one.tar.gz"
    (tmp_path / "BTC-USDT_5m.csv.gz").touch()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tallystick/data/okx/BTC-USDT_5m.csv.gz", "")
        archive.writestr("tallystick/data/paths/usdc_loses_its_peg.csv", "")
    with tarfile.open(source, "w:gz") as packed:
        packed.add(tmp_path / "BTC-USDT_5m.csv.gz", "one/tests/recordings/okx_2022q1/BTC-USDT_5m.csv.gz")
        packed.add(tmp_path / "one.whl", "one/src/tallystick/data/paths/usdc_loses_its_peg.csv")
    for package in (wheel, source):
        (found,) = check.candles(package.name, check.members(package))
        assert "BTC-USDT_5m.csv.gz: nobody has shown" in found


def test_a_claim_nobody_can_try_is_seen(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pythons, "found", lambda: {"3.11": "/python"})
    assert list(check.claims(good)) == []
    monkeypatch.setattr(pythons, "found", lambda: {"3.13": "/python"})
    assert list(check.claims(good)) == [
        "the classifiers claim Python 3.11: install it to try it, or take the claim back"
    ]


def test_a_path_of_the_machine_in_a_package_is_seen(tmp_path: Path) -> None:
    wheel = tmp_path / "one.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a/module.py", 'HERE = "' + "/ho" + 'me/someone/tree"\n')
        archive.writestr("a/other.py", 'PLACE = "https://code.example/home/x"\n')
    (found,) = check.places(wheel)
    assert found.startswith("one.whl: a/module.py has the path /ho" + "me/someone/tree")


def test_the_changelog_names_the_version_and_format_of_this_tree() -> None:
    """Its date may still be open; everything else holds at any commit."""
    assert [said for said in check.changelog(ROOT) if "write the day of the release" not in said] == []


def test_the_classifiers_claim_what_the_makefile_and_pages_say() -> None:
    claimed = check.project(ROOT)["classifiers"]
    said = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    for classifier in claimed:
        if found := check.CLAIMED.fullmatch(classifier):
            assert found[1] in said
    assert not [line for line in claimed if "MacOS" in line or "Windows" in line], "nobody ran it there"
