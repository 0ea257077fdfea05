"""The Dockerfile and the compose files, as far as no container engine is needed.

The steps themselves are carried out in a bare Debian by `make fresh ARGS=--image`. What an engine does was not tried.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import hatch_build
import pytest
import yaml
from release.dockerfile import DOCKERFILE, instructions, last

from tallystick.cli.console import console as console_command
from tallystick.cli.serve import serve
from tests.tidy.files import ROOT, project_files

FOUND = instructions(DOCKERFILE.read_text(encoding="utf-8"))
COMPOSES = [ROOT / "compose.yaml", ROOT / "compose.postgres.yaml"]
LINTER = Path(sys.prefix) / "bin" / "hadolint"
NEEDED = re.compile(r"^\$\{[A-Z_]+:\?.+\}$")


def linted(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINTER, "--no-color", str(path)], capture_output=True, text=True, timeout=60, check=False)


def test_the_linter_has_nothing_to_say() -> None:
    done = linted(DOCKERFILE)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_linter_sees_a_bad_one(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python\nUSER root\nRUN pip install tallystick\n", encoding="utf-8")
    assert {"DL3006", "DL3002", "DL3042"} <= set(re.findall(r"DL\d{4}", linted(bad).stdout))


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = [
        line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and not line.startswith("#")
    ]
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    copied = [name for one in FOUND if one.name == "COPY" and "--from" not in one.text for name in one.words()[:-1]]
    assert set(copied) == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert ignored[0] == "*"


def test_the_package_needs_no_other_file_to_be_built() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = {name for name in re.findall(r'"([A-Z]+(?:\.md)?)"', text) if (ROOT / name).is_file()}
    assert named == {"LICENSE", "NOTICE"}
    assert hatch_build.README == "README.md"
    copied = {name for one in FOUND if one.name == "COPY" and "--from" not in one.text for name in one.words()[:-1]}
    assert named | {hatch_build.README, "hatch_build.py", "pyproject.toml"} <= copied


def test_it_is_not_root_and_says_what_it_keeps_where() -> None:
    assert last(FOUND, "USER").text == "10001:10001"
    assert last(FOUND, "STOPSIGNAL").text == "SIGTERM"
    told = serve.make_context("serve", last(FOUND, "CMD").words()[1:], resilient_parsing=True).params
    assert str(told["folder"]) == last(FOUND, "VOLUME").text == last(FOUND, "WORKDIR").text
    assert str(told["port"]) == last(FOUND, "EXPOSE").text
    assert f":{told['port']}/" in last(FOUND, "HEALTHCHECK").text
    assert last(FOUND, "ENTRYPOINT").words() == ["tally"]


def test_its_pins_are_those_that_are_tested() -> None:
    pins = [set(re.findall(r"^\S+==\S+", (ROOT / name).read_text("utf-8"), re.MULTILINE)) for name in LOCKS]
    assert pins[0] <= pins[1]
    assert {pin.partition("==")[0] for pin in pins[0]} >= {"asyncpg", "msgspec", "apsw"}


LOCKS = ("requirements-image.lock", "requirements.lock")


@contextmanager
def container(folder: Path, *more: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """What ENTRYPOINT and CMD start, but for the folder and the port: the process, and its port."""
    words = [*last(FOUND, "ENTRYPOINT").words(), *last(FOUND, "CMD").words()]
    stand_ins = {"tally": str(Path(sys.prefix) / "bin" / "tally"), "/data": str(folder), "8080": "0"}
    process = subprocess.Popen(
        [*(stand_ins.get(word, word) for word in words), "--quiet", *more],
        env={**os.environ, "TALLY_CONTROL_TOKEN": "only-for-this-test-0001", **variables},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline().rpartition(":")[2])
    finally:
        process.kill()
        process.communicate()


def test_it_serves_is_healthy_and_stops_at_sigterm(tmp_path: Path) -> None:
    words = last(FOUND, "HEALTHCHECK").words()
    with container(tmp_path / "data", "--market", "by-hand") as (process, port):
        probe = [sys.executable, *(word.replace(":8080/", f":{port}/") for word in words[1:])]
        assert subprocess.run(probe, timeout=60, check=False).returncode == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert subprocess.run(probe, capture_output=True, timeout=60, check=False).returncode != 0


def test_without_a_token_it_says_what_is_missing(tmp_path: Path) -> None:
    words = last(FOUND, "CMD").words()
    command = [str(Path(sys.prefix) / "bin" / "tally"), *(str(tmp_path) if word == "/data" else word for word in words)]
    bare = {name: value for name, value in os.environ.items() if name != "TALLY_CONTROL_TOKEN"}
    done = subprocess.run(command, env=bare, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "TALLY_CONTROL_TOKEN" in done.stderr


def recipes() -> dict[str, tuple[dict[str, str], list[str]]]:
    """Recipes of the page on images: the variables that each gives its service, and its last command."""
    page = (ROOT / "docs" / "images.md").read_text(encoding="utf-8")
    actions, gitlab = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    job = actions["jobs"]["test"]
    return {
        "actions": (job["services"]["tallystick"]["env"], job["steps"][-1]["run"].split()),
        "gitlab": (gitlab["test"]["variables"], gitlab["test"]["script"][-1].split()),
    }


def readme_test(folder: Path) -> None:
    """The test of the README and its bot, as the README says to save them."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    test, bot = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (folder / "test_bot.py").write_text(test, encoding="utf-8")
    (folder / "bot.py").write_text(bot, encoding="utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = -p no:schemathesis -p no:cacheprovider -p no:asyncio\n", "utf-8"
    )


@pytest.mark.parametrize("name", recipes())
def test_the_test_of_the_readme_passes_against_the_service_of_a_recipe(name: str, tmp_path: Path) -> None:
    """No engine runs here: the image's command with the recipe's variables, at the port that this machine gives."""
    variables, command = recipes()[name]
    readme_test(tmp_path)
    with container(tmp_path / "data", **variables) as (_, port):
        words = [re.sub(r"^http://[a-z0-9.]+:8080$", f"http://127.0.0.1:{port}", word) for word in command]
        assert words != command
        run = [sys.executable, "-m", *words, "-q"]
        env = {**os.environ, "TALLY_CONTROL_TOKEN": variables["TALLY_CONTROL_TOKEN"]}
        done = subprocess.run(run, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert "1 passed" in done.stdout, done.stdout


def services(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
    return found


@pytest.mark.parametrize("path", COMPOSES, ids=lambda path: path.name)
def test_a_compose_file_asks_for_its_secrets_and_serves_this_machine_only(path: Path) -> None:
    whole = yaml.safe_load(path.read_text(encoding="utf-8"))
    for service in whole["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("TOKEN|SECRET|PASSWORD", name):
                assert NEEDED.fullmatch(value), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        kept = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert kept <= set(whole["volumes"])


def test_the_servers_of_one_database_differ_by_their_names_only() -> None:
    found = services(COMPOSES[1])
    servers = {name: service for name, service in found.items() if name != "database"}
    assert len(servers) == 2
    for name, service in servers.items():
        told = serve.make_context("serve", service["command"][1:], resilient_parsing=True).params
        assert told["reached_at"] == f"http://{name}:8080"
        assert told["allow_host"] == (name,)
        assert told["address"] == "postgresql://tally@database/tally"
        assert (told["host"], told["port"], str(told["folder"])) == ("0.0.0.0", 8080, "/data")
        assert {"PGPASSWORD", "TALLY_CLUSTER_SECRET", "TALLY_CONTROL_TOKEN"} == set(service["environment"])
    one, two = ([word.replace(name, "") for word in service["command"]] for name, service in servers.items())
    assert one == two


def test_no_secret_lies_beside_the_files() -> None:
    assert not [path for path in project_files() if fnmatch(path.name, ".env*")]


def test_the_console_of_the_compose_file_finds_its_venue() -> None:
    """It shares the venue's network and volume, and has no port of its own there."""
    found = services(COMPOSES[0])
    console = found["console"]
    assert console["network_mode"] == "service:tallystick"
    assert "ports" not in console
    assert console["volumes"] == found["tallystick"]["volumes"]
    told = console_command.make_context("console", console["command"][1:], resilient_parsing=True).params
    assert (told["host"], str(told["data"])) == ("0.0.0.0", "/data")
    assert f"127.0.0.1:{told['port']}:{told['port']}" in found["tallystick"]["ports"]
    assert "aiohttp==" in (ROOT / "requirements-image.lock").read_text(encoding="utf-8")
