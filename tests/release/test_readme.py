"""The README of the packages leads to the project's files, by the one address that pyproject.toml may have."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hatch_build import with_address
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from tallystick import __version__
from tests.tidy.files import ROOT

ADDRESS = "https://code.example/tallystick"
URLS = re.compile(r"^\[project\.urls\]\n(?:[^\[\n].*\n|\n)*", re.MULTILINE)
NEEDED = ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "NOTICE", "src/tallystick/__init__.py")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[guide](docs/guide.md)", f"[guide]({ADDRESS}/blob/v1.2.3/docs/guide.md)"),
        ("[part](docs/guide.md#part)", f"[part]({ADDRESS}/blob/v1.2.3/docs/guide.md#part)"),
        ("![a picture](docs/img/a.svg)", f"![a picture]({ADDRESS}/raw/v1.2.3/docs/img/a.svg)"),
        ("[there](https://other.example/a)", "[there](https://other.example/a)"),
        ("[below](#below)", "[below](#below)"),
    ],
)
def test_a_relative_link_leads_to_the_file_of_the_version(text: str, expected: str) -> None:
    assert with_address(text, ADDRESS, "1.2.3") == with_address(text, f"{ADDRESS}/", "1.2.3") == expected


def described(tree: Path) -> str:
    return ProjectMetadata(str(tree), PluginManager()).core.readme


def test_the_metadata_of_the_packages_have_it(tmp_path: Path) -> None:
    for name in NEEDED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    readme, project = tmp_path / "README.md", tmp_path / "pyproject.toml"
    readme.write_text("[guide](docs/guide.md)\n", encoding="utf-8")
    text = URLS.sub("", project.read_text(encoding="utf-8"))
    assert described(tmp_path) == "[guide](docs/guide.md)\n"
    project.write_text(f'{text}\n[project.urls]\nRepository = "{ADDRESS}"\n', encoding="utf-8")
    assert described(tmp_path) == f"[guide]({ADDRESS}/blob/v{__version__}/docs/guide.md)\n"
