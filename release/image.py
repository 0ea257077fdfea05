"""Carry out the steps of the Dockerfile in a bare Debian, without a container engine.

What stands for the image of Python is the Python of that Debian. Both stages share one folder, so that a COPY from the
first has nothing to do. Serves, asks the health check, and stops as an engine would.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from release.debian import Debian, bare_debian
from release.dockerfile import DOCKERFILE, Instruction, instructions, last
from release.story import DEADLINE_S, StoryBroken

AS_THE_IMAGE = (
    "apt-get install -y -qq --no-install-recommends python3-venv"
    " && ln -s /usr/bin/python3 /usr/local/bin/python && ln -s /usr/bin/pip3 /usr/local/bin/pip"
)
"""The image of Python has these names, and an environment can be made with it."""


def try_steps(release: str) -> str:
    """Build, serve, probe, stop; what was seen. Raises StoryBroken, CalledProcessError."""
    found = instructions(DOCKERFILE.read_text(encoding="utf-8"))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place, bare_debian(release, Path(place) / "debian") as debian:
        debian.run(AS_THE_IMAGE, quiet=True)
        _build(debian, found)
        built = time.monotonic()
        _serve(debian, found)
    return f"the steps of the Dockerfile {built - began:.0f} s; served as user 10001, healthy, ended with 0 by SIGTERM"


def _build(debian: Debian, found: list[Instruction]) -> None:
    here = "/"
    for one in found:
        if one.name == "WORKDIR":
            here = one.text
            (debian.root / here.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif one.name == "COPY" and "--from" not in one.text:
            *names, target = one.words()
            for name in names:
                _copy(DOCKERFILE.parent / name, debian.root / here.lstrip("/") / target, several=len(names) > 1)
        elif one.name == "RUN":
            debian.run(f"cd {here} && {one.text}", PIP_BREAK_SYSTEM_PACKAGES="1", PIP_ROOT_USER_ACTION="ignore")


def _copy(source: Path, target: Path, *, several: bool) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target / source.name if several or target.is_dir() else target)


def _serve(debian: Debian, found: list[Instruction]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    command = [*last(found, "ENTRYPOINT").words(), *last(found, "CMD").words()]
    user = last(found, "USER").text
    enter = ["chroot", f"--userspec={user}", str(debian.root), "/usr/bin/env", "-C", last(found, "WORKDIR").text]
    path = f"/opt/tallystick/bin:{debian.environment()['PATH']}"
    variables = {**debian.environment(), "PATH": path, "HOME": "/data", "TALLY_CONTROL_TOKEN": "only-for-this-run-0001"}
    served = subprocess.Popen(
        [*enter, *(port if word == "8080" else word for word in command), "--quiet"],
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stdout is not None
        served.stdout.readline()
        words = [word.replace(":8080/", f":{port}/") for word in last(found, "HEALTHCHECK").words()]
        subprocess.run([*enter, *words], env=variables, check=True, timeout=DEADLINE_S)
        owner = (debian.root / "data" / "connection.json").stat().st_uid
        served.send_signal(signal.SIGTERM)
        code = served.wait(DEADLINE_S)
    finally:
        served.kill()
        served.communicate()
    if (code, owner) != (0, int(user.partition(":")[0])):
        raise StoryBroken(f"ended with {code}, and its files belong to {owner}")
