"""`tally scenario`: what it tells before, while and after a story is played."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from urllib.request import urlopen

from tallystick.testing import scenario
from tests.cli.process import COMMAND, ENVIRONMENT, tally
from tests.patience import PATIENCE_S

TWO = """
title = "Two rates"
title_zh = "两种利率"
about = "The same debt at two rates."
start = 2026-01-20T09:00:00Z

[prices]
BTC-USDT = "60000"

[[users]]
name = "alice"
borrow = true
trading = { BTC = "1" }

[[steps]]
user = "alice"
post = "/api/v5/account/spot-manual-borrow-repay"
body = { ccy = "USDT", side = "borrow", amt = "1000" }

[[steps]]
after = "5m"
price = { BTC-USDT = "%s" }

[[variants]]
name = "by the curve"
outcome = { liquidated = [] }

[[variants]]
name = "by hand"
parameters = { currencies = { USDT = { rate_per_year = "0.876" } } }
outcome = { liquidated = [] }
"""


def test_the_list_names_every_scenario_and_says_what_to_do_with_it() -> None:
    done = tally("scenario", "list")
    assert [line.split()[0] for line in done.stdout.splitlines()] == scenario.names()
    assert "tally scenario show NAME" in done.stderr


def test_show_tells_the_whole_story() -> None:
    told = tally("scenario", "show", "cascade").stdout
    for part in (
        "Cascade  连环强平",
        "number   constants.index_own_share = 1",
        "who      ann, trading 1 BTC, borrowing on",
        "0s       ann takes 48050 USDT out of trading",
        "10m      BTC-USDT at 50000",
        "end      liquidated in this order: ann, ben, cas, lea",
        "holds    no-loan-past-liquidation: No open loan stands at or above its liquidation LTV.",
        "tally scenario run cascade",
        str(Path("scenarios", "cascade.toml")),
    ):
        assert part in told
    assert "variant  blended" in tally("scenario", "show", "own-book-or-blended-index").stdout


def test_every_packaged_scenario_can_be_told() -> None:
    for name in scenario.names():
        told = tally("scenario", "show", name).stdout
        assert "holds    " in told
        assert "unknown" not in told


def test_a_story_is_told_in_chinese() -> None:
    told = tally("--lang", "zh", "scenario", "show", "cascade").stdout
    for part in (
        "四个账户各以一个 BTC 欠 USDT",
        "开始     2026-01-20 09:05 UTC，价格手动设定",
        "用户     ann，交易账户 1 BTC，已开启借币",
        "0s       ann 从交易账户取出 48050 USDT",
        "10m      BTC-USDT 为 50000",
        "结局     强平的顺序：ann, ben, cas, lea",
        "成立     no-loan-past-liquidation：未结束的借款都低于各自的强平 LTV。",
        "运行：tally scenario run cascade",
    ):
        assert part in told
    assert "A loan" not in told
    as_json = tally("scenario", "show", "cascade", "--json", "--lang=zh").stdout
    assert json.loads(as_json)["lines"][1] == "price    BTC-USDT 70000"


def test_a_play_is_told_in_chinese(tmp_path: Path) -> None:
    """1,000 USDT at hand and owed, and 1 BTC at 20: alice is liquidated, which the story did not expect."""
    story = tmp_path / "two.toml"
    story.write_text(TWO % "60000", encoding="utf-8")
    done = tally("--lang", "zh", "scenario", "run", str(story))
    assert done.stdout.startswith("两种利率：by the curve\nThe same debt at two rates.\n")
    assert "成立：强平的顺序：无人" in done.stdout
    assert re.search(r"^日志共 \d+ 条，状态 [0-9a-f]{16}$", done.stdout, re.MULTILINE)
    assert re.search(r"^被强平的交易账户 +0 +0$", done.stdout, re.MULTILINE)
    story.write_text(TWO % "20", encoding="utf-8")
    done = tally("--lang", "zh", "scenario", "run", str(story))
    assert done.returncode == 1
    assert "不成立：强平的顺序：alice，而不是无人" in done.stderr
    assert "有 1 处与场景所说不符" in done.stderr


def test_variants_are_played_one_after_the_other_and_compared(tmp_path: Path) -> None:
    story = tmp_path / "two.toml"
    story.write_text(TWO % "60000", encoding="utf-8")
    done = tally("scenario", "run", str(story))
    assert done.returncode == 0
    first, second = done.stdout.index("Two rates: by the curve"), done.stdout.index("Two rates: by hand")
    assert first < second < done.stdout.index("by the curve  by hand")
    assert "playing" in done.stderr
    alone = tally("scenario", "run", str(story), "--variant", "by hand").stdout
    assert "by the curve" not in alone
    assert "currencies.USDT.rate_per_year is 0.876" in alone


def test_what_does_not_come_true_ends_with_1(tmp_path: Path) -> None:
    """1,000 USDT at hand and owed, and 1 BTC at 20 that counts 19.6 of the 31 needed: alice is liquidated."""
    story = tmp_path / "two.toml"
    story.write_text(TWO % "20", encoding="utf-8")
    done = tally("scenario", "run", str(story))
    assert done.returncode == 1
    assert "FAULT: liquidated in this order: alice, not nobody" in done.stderr
    assert done.stderr.strip().endswith("tally: not as the scenario says: 1 thing")


def test_a_story_that_is_not_there_says_which_are() -> None:
    for command in ("show", "run"):
        done = tally("scenario", command, "nope")
        assert done.returncode == 1
        assert "first-loan" in done.stderr
    done = tally("scenario", "run", "cascade", "--variant", "x")
    assert "variants of this scenario are: none" in done.stderr


def test_the_last_variant_is_left_standing() -> None:
    process = subprocess.Popen(
        [*COMMAND, "scenario", "run", "own-book-or-blended-index", "--serve", "--port", "0"],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Ctrl-C"):
            lines.append(process.stdout.readline())
            assert lines[-1], process.communicate()[1]
        url = next(line.split()[1].rstrip(";") for line in lines if line.startswith("Serving"))
        with urlopen(f"{url}/api/v5/market/ticker?instId=BTC-USDT") as answer:
            assert json.load(answer)["data"][0]["last"] == "49500"
        keys = next(at for at, line in enumerate(lines) if line.startswith("user "))
        assert lines[keys].split() == ["user", "api", "key", "secret", "key", "passphrase"]
        assert lines[keys + 1].split()[0] == "whale"
        assert len(lines[keys + 1].split()) == 4
        assert any(line.startswith("Control token: ") for line in lines[:keys])
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
