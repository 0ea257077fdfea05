"""Scenarios are told in English and Chinese, and neither language lacks a word."""

from __future__ import annotations

import string

import pytest
from msgspec.structs import asdict

from tallystick.testing import scenario, synopsis, wording
from tallystick.testing.assertions import HOLDS
from tallystick.testing.wording import CHINESE, ENGLISH


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_fill_in_the_same() -> None:
    for name, english in asdict(ENGLISH).items():
        chinese = asdict(CHINESE)[name]
        if isinstance(english, str):
            assert fields(english) == fields(chinese), name
        else:
            assert english.keys() == chinese.keys()


@pytest.mark.parametrize("name", HOLDS)
def test_what_may_be_demanded_has_words_in_chinese(name: str) -> None:
    assert wording.chinese((HOLDS[name].__doc__ or "").strip())


@pytest.mark.parametrize("name", scenario.names())
def test_a_packaged_story_is_told_in_chinese(name: str) -> None:
    told = scenario.load(name)
    assert told.about_zh
    assert all(variant.about_zh for variant in told.variants if variant.about)
    for english, chinese in zip(synopsis.lines(told), synopsis.lines(told, chinese=True), strict=True):
        head = chinese.split()[0]
        assert (english.split()[0] == head) == head[0].isdigit(), "times stay, heads do not"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("the index of BTC-USDT is 49100", "BTC-USDT 的指数为 49100"),
        ("the index of BTC-USDT is 49100, not 50000", "BTC-USDT 的指数为 49100，而不是 50000"),
        ("bad debt in all: 12.5, not 0", "坏账合计：12.5，而不是 0"),
        ("warnings and liquidations come at their times: 5 users", "预警和强平的时间与要求一致：5 个用户"),
        ("warned of dan, number 2: never, not after 1h", "dan 的第 2 次预警：从未发生，而不是开始后 1h"),
        (
            "liquidation_ends of ann, number 1: after 10m, not after 11m",
            "ann 的第 1 次强平结束：开始后 10m，而不是开始后 11m",
        ),
        ("liquidated in this order: ann, ben", "强平的顺序：ann、ben"),
        ("liquidated in this order: ann, ben, not nobody", "强平的顺序：ann、ben，而不是无人"),
        ("liquidated in this order: nobody, not ann, ben", "强平的顺序：无人，而不是 ann、ben"),
    ],
)
def test_what_came_of_a_story_is_said_in_chinese(english: str, chinese: str) -> None:
    assert wording.chinese(english) == chinese


def test_what_nobody_translated_is_told_apart() -> None:
    assert wording.chinese("a fault of one's own") is None
