"""`tally market import` and `list`, and the options of `tally serve` that name what a user brings."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tallystick.cli.announcing import prices_words
from tallystick.cli.main import main
from tests.venue.candle_files import kraken, own, walk, written


def tally(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_an_import_tells_what_it_read_and_how_to_play_it(tmp_path: Path) -> None:
    path = written(tmp_path, "binance-us", walk())
    done = tally("market", "import", path, "--name", "mine", "--markets", tmp_path / "m")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "pair      candles  rows  from              to                gaps  read as",
        "BTC-USDT  1m       1440  2024-01-01 00:00  2024-01-01 23:59     0  Binance klines",
    ]
    assert "Play it: tally serve --market mine --data .tally-mine" in done.stderr
    listed = tally("market", "list", "--markets", tmp_path / "m")
    assert listed.stdout.splitlines()[0] == "mine: from 2024-01-01 00:00 on, whole days: 1"
    again = tally("market", "import", path, "--name", "mine", "--markets", tmp_path / "m")
    assert (again.exit_code, "already" in again.output) == (1, True)
    assert tally("market", "import", path, "--name", "mine", "--markets", tmp_path / "m", "--replace").exit_code == 0


def test_faults_are_named_and_nothing_is_imported(tmp_path: Path) -> None:
    candles = walk()
    del candles[5]
    path = tmp_path / "XBTUSDT_1.csv"
    path.write_bytes(kraken(candles))
    done = tally("market", "import", path, "--name", "mine", "--markets", tmp_path / "m")
    assert done.exit_code == 1
    assert f"{path}, line 6: a gap before it, candles missing: 1, after 1704067440000" in done.stderr
    assert "With --keep-gaps the price stands still there" in done.stderr
    assert tally("market", "list", "--markets", tmp_path / "m").stdout == ""
    assert tally("market", "import", path, "--name", "mine", "--markets", tmp_path / "m", "--keep-gaps").exit_code == 0


def test_a_damaged_market_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "BTC-USDT.csv").write_bytes(own(walk()))
    tally("market", "import", tmp_path / "BTC-USDT.csv", "--name", "mine", "--markets", tmp_path)
    (tmp_path / "mine" / "market.json").write_bytes(b"{")
    done = tally("market", "list", "--markets", tmp_path)
    assert (done.exit_code, "is damaged" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--market", "nothing"), "there is no market 'nothing'"),
        (("--market", "../up"), "no name of a market"),
        (("--market", "walk:x"), "say walk:SEED"),
        (("--parameters", "none.toml"), "cannot be read"),
        (("--balances", "none.json"), "cannot be read"),
    ],
)
def test_what_cannot_be_brought_ends_the_command(tmp_path: Path, options: tuple[str, str], said: str) -> None:
    done = tally("serve", "--port", "0", "--data", tmp_path / "data", *options)
    assert done.exit_code != 0
    assert said in done.output
    assert not (tmp_path / "data").exists()


def test_the_banner_says_where_prices_come_from() -> None:
    assert "made up: walk:7 is a random walk" in prices_words("walk:7")
    assert "imported market mine" in prices_words("mine")
    assert "imported market okx_2022q1" in prices_words("okx_2022q1")
    assert "tally prices set" in prices_words("by-hand")
