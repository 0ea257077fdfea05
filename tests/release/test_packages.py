"""The wheel is made of the source package alone, and the story sees a command that does not do as it says."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from release import packages, story
from tests.tidy.files import PACKAGE, project_files

HEADER = f"""\
#!{sys.executable}
import json, signal, sys, time
word = sys.argv[1]
"""
SERVING = """\
if word == "serve":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("http://127.0.0.1:1", flush=True)
    time.sleep(60)
"""
OWING = """\
import pathlib
debt = pathlib.Path("debt")
if word == "borrow":
    debt.write_text("100")
if word == "repay":
    debt.unlink()
    print(json.dumps({"outcome": "repaid"}))
if word == "debts":
    print(json.dumps({"spot": [{"ccy": "USDT", "debt": "100"}] if debt.exists() else []}))
"""


def command(folder: Path, *parts: str) -> Path:
    path = folder / "tally"
    path.write_text("".join([HEADER, *parts]), encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_wheel_of_the_source_package_holds_the_package_without_the_documented_examples(tmp_path: Path) -> None:
    examples = PACKAGE / "contract" / "examples"
    assert examples.is_dir()
    _, wheel = packages.build(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if not name.startswith("tallystick-")}
    whole = [path for path in project_files() if PACKAGE in path.parents and examples not in path.parents]
    assert packed == {str(path.relative_to(PACKAGE.parent)) for path in whole}


def test_the_story_passes_a_command_that_does_as_it_says(tmp_path: Path) -> None:
    assert story.play(command(tmp_path, SERVING, OWING), tmp_path) == ""


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((OWING,), "does not serve"),
        ((SERVING.replace("sys.exit(0)", "sys.exit(3)"), OWING), "SIGTERM ended the venue with 3"),
        ((SERVING, OWING.replace("100", "90")), "found {'USDT': '90'}"),
        ((SERVING, OWING.replace("    debt.unlink()\n", "")), "expected {}"),
        ((SERVING, OWING.replace('"repaid"', '"unknown_outcome"')), "expected 'repaid'"),
        ((SERVING, OWING, 'if word == "verify":\n    sys.exit("differs")\n'), "verify .* ended with 1: differs"),
    ],
)
def test_the_story_sees_what_is_wrong(tmp_path: Path, parts: tuple[str, ...], said: str) -> None:
    with pytest.raises(story.StoryBroken, match=said):
        story.play(command(tmp_path, *parts), tmp_path)


WITHOUT_UVLOOP = f"""\
#!{sys.executable}
import sys
sys.modules["uvloop"] = None
from tallystick.cli.main import main
main()
"""


def test_it_serves_where_uvloop_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "tally"
    path.write_text(WITHOUT_UVLOOP, encoding="utf-8")
    path.chmod(0o755)
    assert story.play(path, tmp_path).startswith("tally, version ")
