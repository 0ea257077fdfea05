"""Chinese pages use one word for one thing, and no blank stands before Chinese punctuation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tidy.files import ROOT, project_files

PAGES = [path for path in project_files() if path.name.endswith(".zh-CN.md")]
OTHER_THAN_PROSE = re.compile(
    r"<!-- made: .*?<!-- end -->|^```.*?^```$|`[^`\n]+`|\]\([^)\n]*\)", re.MULTILINE | re.DOTALL
)
INSTEAD = {
    "场所": "平台",
    "您": "你",
    "主账户": "母账户",
    "情景": "场景",
    "决定 0": "决策 0",
    "质押借币": "活期借币",
    "文件夹": "目录",
    "还款": "还币",
    "界线": "阈值",
    "私钥": "Secret Key",
    "口令": "passphrase",
    "API 密钥": "API key",
    "交易产品": "交易对",
}
SPOKEN = ("src/tallystick/console", "src/tallystick/server", "src/tallystick/cli", "src/tallystick/data", "docs/rules")
"""Where the program's own Chinese stands. Texts of errors are the exchange's, and keep its words."""
BLANK = re.compile(r"[^\s|,，、。；：！？）] (?=[，。；：、）！？])")


def faults(text: str) -> list[str]:
    """Faults of the prose of a page."""
    prose = OTHER_THAN_PROSE.sub("`", text)
    return [
        *words_amiss(prose),
        *(
            f"a blank before punctuation: {prose[found.start() - 9 : found.end() + 3]!r}"
            for found in BLANK.finditer(prose)
        ),
    ]


def words_amiss(text: str) -> list[str]:
    """Words that another one stands for everywhere."""
    return [f"{word}: say {better}" for word, better in INSTEAD.items() if word in text]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_chinese_page_keeps_its_words_and_its_punctuation(page: Path) -> None:
    assert faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("交易场所的时钟。", "场所: say 平台"),
        ("平台的文件夹。", "文件夹: say 目录"),
        ("见[决定 010](x.md)。", "决定 0: say 决策 0"),
        ("用 `--limits off` 。", "a blank before punctuation: '用 ` 。'"),
        ("用质押物还款。", "还款: say 还币"),
        ("BTC 的界线与私钥。", "界线: say 阈值"),
        ("杠杆是 3 ，不是 5。", "a blank before punctuation: '杠杆是 3 ，不是'"),
    ],
)
def test_what_a_page_must_not_have_is_seen(text: str, said: str) -> None:
    assert faults(text)[0].startswith(said[:24])


def test_the_program_repays_with_the_words_of_the_exchange() -> None:
    """A debt of one coin is repaid (还币), one-click repay pays debts (还债), and an amount is paid back (偿还)."""
    sources = [path for path in project_files() if path.suffix in {".py", ".js", ".toml", ".json"}]
    assert [path for path in sources if path != Path(__file__) and "还款" in path.read_text(encoding="utf-8")] == []


def test_the_program_has_the_words_of_the_pages() -> None:
    """Words of the guide stand on the screen."""
    spoken = [
        path
        for path in project_files()
        if path.relative_to(ROOT).as_posix().startswith(SPOKEN) and path.suffix in {".py", ".js", ".json"}
    ]
    assert len(spoken) > 100
    found = {path.name: said for path in spoken if (said := words_amiss(path.read_text(encoding="utf-8")))}
    assert found == {}


def test_blocks_and_code_are_left_alone() -> None:
    assert faults("```text\n场所 。\n```\n`您 。` 完。\n<!-- made: x -->\n| 情景 。 |\n<!-- end -->\n") == []
