"""The kit from outside: a project of its own, in an environment that has the built wheel and not this tree."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.kit.test_plugin import SECONDS_MAX, ended

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples" / "treasury"
PIP = f"{sys.executable} -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --target"


def environment(folder: Path) -> Path:
    """Python of an environment with the wheel of this tree, the example, and the libraries of this environment."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=SECONDS_MAX)
    (packages,) = (folder / "lib").glob("python3.*/site-packages")
    # Files of paths are not read in a folder that is named by one, so that the editable install of this tree stays out.
    (packages / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    subprocess.run([*PIP.split(), str(packages), str(ROOT), str(PROJECT)], check=True, timeout=SECONDS_MAX)
    return folder / "bin" / "python"


def test_the_example_passes_with_the_wheel(tmp_path: Path) -> None:
    python = environment(tmp_path / "environment")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    where = [str(python), "-c", "import tallystick, treasury; print(tallystick.__file__, treasury.__file__)"]
    found = subprocess.run(where, env=variables, capture_output=True, text=True, check=True, timeout=SECONDS_MAX)
    assert all(Path(file).is_relative_to(tmp_path) for file in found.stdout.split())
    without = [f"-pno:{name}" for name in ("cacheprovider", "schemathesis", "anyio", "hypothesispytest", "xdist")]
    run = subprocess.run(
        [str(python), "-m", "pytest", *without, "-rA", "tests"],
        cwd=PROJECT,
        env=variables | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert ended(run, passed=11), run.stdout
    assert "repay: 6 requests x 12 faults, 72 runs in " in run.stdout
