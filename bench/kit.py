"""Measures the test kit beside fakeredis and moto's server, each from an installed package: `python bench/kit.py`.

    unused     CPU milliseconds a pytest session takes more because the wheel is installed, though no test uses it
    imports    milliseconds until the packages of a fixture are imported, in a new process
    ready      milliseconds from there until the fixture is ready
    reset      milliseconds of a reset, from the test's side
    cpu        CPU milliseconds of the three, which other work on the machine moves less
    many       seconds of 1,000 tests in 8 workers with warnings as errors, each looking for what another left behind

The environment is made in a temporary folder: the peers and all libraries with their pins, and beside it one that has
the wheel as well. What pytest keeps of rewritten modules is removed before each round.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import environment

HERE = Path(__file__).resolve().parent
PINS = HERE / "requirements-kit.lock"
RESULTS = HERE / "results"
SESSION = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
RESETS = 1_000
TESTS = 1_000
WORKERS = 8

TIMED = """
import json, os, pathlib, time

RESETS = int(os.environ["RESETS"])
BEGAN = time.perf_counter()

def told(**figures):
    pathlib.Path(os.environ["FIGURES"]).write_text(json.dumps(figures))

def times(reset):
    took, cpu = [], time.process_time()
    for _ in range(RESETS):
        began = time.perf_counter()
        reset()
        took.append((time.perf_counter() - began) * 1000)
    cpu = (time.process_time() - cpu) * 1000 / RESETS
    took.sort()
    return {"reset p50": took[len(took) // 2], "reset p99": took[len(took) * 99 // 100], "reset cpu": cpu}

def now():
    return time.perf_counter(), time.process_time()

def ms(name, began):
    wall, cpu = (after - before for after, before in zip(now(), began))
    return {name: wall * 1000, f"{name} cpu": cpu * 1000}
"""
TALLY = f"""{TIMED}
from tallystick.testing import plugin

def test_tally(request):
    began = now()
    with plugin.as_installed():
        from tallystick.testing.kit import fixture
    imports = ms("imports", began)
    began = now()
    tally = request.getfixturevalue("tally")
    ready = ms("ready", began)
    at = {{"at": tally.seed.at}}
    fresh = tally.state_hash()
    def reset():
        tally.levers.reset(**at)
    tally.user("alice", trading={{"BTC": "1"}}, debts={{"USDC": "100"}})
    tally.advance("1h")
    assert tally.state_hash() != fresh
    reset()
    assert tally.state_hash() == fresh
    told(**imports, **ready, **times(reset))
"""
FAKEREDIS = f"""{TIMED}
def test_fakeredis():
    began = now()
    import fakeredis
    imports = ms("imports", began)
    began = now()
    client = fakeredis.FakeStrictRedis()
    client.set("a", "b")
    client.flushall()
    ready = ms("ready", began)
    told(**imports, **ready, **times(client.flushall))
"""
MOTO = f"""{TIMED}
def test_moto():
    began = now()
    import http.client
    from moto.server import ThreadedMotoServer
    imports = ms("imports", began)
    began = now()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    connection = http.client.HTTPConnection(host, port)
    def reset():
        connection.request("POST", "/moto-api/reset")
        response = connection.getresponse()
        response.read()
        assert response.status == 200
    reset()
    ready = ms("ready", began)
    told(**imports, **ready, **times(reset))
    server.stop()
"""
SUITES = {"tallystick": TALLY, "fakeredis": FAKEREDIS, "moto's server": MOTO}
MANY = f"""
import pytest

@pytest.mark.parametrize("number", range({TESTS}))
def test_alone(tally, number):
    assert (tally.names, tally.seq) == ({{}}, 1)
    alice = tally.user("alice", trading={{"BTC": str(number + 1)}}, debts={{"USDC": "100"}})
    tally.price("BTC-USDT", str(30_000 + number))
    assert alice.trading == {{"BTC": number + 1}}
    assert alice.debts == {{"USDC": 100}}
    assert f"{{tally.now:%Y-%m-%d %H:%M:%S}}" == "2026-01-20 09:00:00"
"""


class Place:
    """Two environments in a folder: `base` has the libraries and the peers, `with` has the wheel as well."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.suites = folder / "suites"
        self.suites.mkdir()

    def make(self) -> None:
        wheels = self.folder / "wheels"
        _run(*f"{sys.executable} -m pip wheel -q --no-deps --no-build-isolation -w {wheels} {HERE.parent}".split())
        (wheel,) = wheels.glob("*.whl")
        for name in ("base", "with"):
            _run(sys.executable, "-m", "venv", self.folder / name)
        _run(*f"{self.python('base')} -m pip install -q --require-hashes --no-deps -r {PINS}".split())
        (self.packages("with") / "base.pth").write_text(f"{self.packages('base')}\n", encoding="utf-8")
        _run(*f"{self.python('with')} -m pip install -q --no-deps {wheel}".split())

    def python(self, name: str) -> Path:
        return self.folder / name / "bin" / "python"

    def packages(self, name: str) -> Path:
        (found,) = (self.folder / name / "lib").glob("python3.*/site-packages")
        return found

    def forget_rewritten(self) -> None:
        """Remove what pytest keeps of modules whose assertions it rewrote."""
        for name in ("base", "with"):
            for kept in self.packages(name).rglob("*-pytest-*.pyc"):
                kept.unlink()

    def session(self, name: str, suite: str, *options: str, **variables: str) -> tuple[float, str]:
        """CPU milliseconds and output of a session on one suite. Raises CalledProcessError: a test fails."""
        folder = self.suites / re.sub(r"\W", "_", f"{hash(suite)}")
        folder.mkdir(exist_ok=True)
        (folder / "test_suite.py").write_text(suite, encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        before = _children_ms()
        output = _run(self.python(name), *SESSION, *options, folder=folder, **variables)
        return _children_ms() - before, output


def _run(*command: str | Path, folder: Path | None = None, **variables: str) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def _children_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def unused(place: Place, rounds: int) -> dict[str, float]:
    """CPU milliseconds of a session without and with the wheel, in turns, and the median of what it takes more."""
    suite = "def test_other():\n    pass\n"
    taken: dict[str, list[float]] = {"base": [], "with": []}
    for _ in range(rounds):
        place.forget_rewritten()
        for name, costs in taken.items():
            costs.append(place.session(name, suite)[0])
    more = [after - before for before, after in zip(*taken.values(), strict=True)]
    return {name: statistics.median(costs) for name, costs in taken.items()} | {"more": statistics.median(more)}


def fixtures(place: Place, rounds: int) -> dict[str, dict[str, float]]:
    """Medians of imports, ready and resets of each fixture, each round in a new process."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in SUITES}
    figures = place.folder / "figures.json"
    for _ in range(rounds):
        place.forget_rewritten()
        for name, suite in SUITES.items():
            place.session("with", suite, FIGURES=str(figures), RESETS=str(RESETS))
            taken[name].append(json.loads(figures.read_text()))
    return {
        name: {figure: statistics.median(one[figure] for one in ones) for figure in ones[0]}
        for name, ones in taken.items()
    }


def many(place: Place) -> dict[str, Any]:
    """Seconds of all tests in all workers, and pytest's closing line."""
    place.forget_rewritten()
    began = time.perf_counter()
    _, output = place.session("with", MANY, f"-n{WORKERS}", "-Werror")
    took = time.perf_counter() - began
    closing = output.splitlines()[-1]
    if f"{TESTS} passed" not in closing:
        raise SystemExit(output)
    return {"seconds": took, "closing line": closing}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="rounds of sessions without a fixture (default 15)")
    parser.add_argument("--processes", type=int, default=7, help="processes for each fixture (default 7)")
    parser.add_argument("--save", action="store_true", help="also write bench/results/kit-DATE.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = environment.describe(Path(scratch))
        place = Place(Path(scratch))
        place.make()
        idle = unused(place, arguments.rounds)
        print(f"unused        {idle['more']:8.1f} ms CPU more than {idle['base']:.1f}")
        by_fixture = fixtures(place, arguments.processes)
        print(f"{'ms':<14}" + "".join(f"{figure:>13}" for figure in by_fixture["tallystick"]))
        for name, figures in by_fixture.items():
            print(f"{name:<14}" + "".join(f"{figure:>13.2f}" for figure in figures.values()))
        crowd = many(place)
        print(f"many          {crowd['closing line']}, {crowd['seconds']:.1f} s in all")
    if arguments.save:
        kept = {"environment": found, "unused": idle, "fixtures": by_fixture, "many": crowd}
        path = RESULTS / f"kit-{time.strftime('%Y-%m-%d')}.json"
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        print(f"saved {path}")


if __name__ == "__main__":
    main()
