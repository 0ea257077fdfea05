"""The form of a code: its text in two languages, its HTTP status, whether a retry can help."""

from __future__ import annotations

from msgspec import Struct


class ErrorText(Struct, frozen=True):
    """Placeholders in braces: param, other, ccy, ccy1, ccy2, number, debtCcy, min, max, ip, id, what, op, request.

    `retry`: the same call may work later.
    """

    code: str
    http_status: int
    en: str
    zh: str
    retry: bool = False


Entry = tuple[str, int, str, str] | tuple[str, int, str, str, bool]
COINS = (
    ("", "{ccy}", "{ccy}"),
    ("/2", "{ccy} and {ccy1}", "{ccy}、{ccy1}"),
    ("/3", "{ccy}, {ccy1}, and {ccy2}", "{ccy}、{ccy1}、{ccy2}"),
    ("/more", "{ccy}, {ccy1}, {ccy2}, and {number} other crypto", "{ccy}、{ccy1}、{ccy2} 及其他 {number} 个币种"),
)
"""Ending of the key, and the coins as the documents name one, two, three and more of them in one text."""


def of_coins(code: str, english: tuple[str, ...], chinese: str) -> list[Entry]:
    """Texts of a code for one coin, two, three and more; the last of `english` is for several coins."""
    found: list[Entry] = []
    for ending, en, zh in COINS:
        template = english[0] if not ending else english[-1]
        found.append((code + ending, 200, template.replace("{coins}", en), chinese.replace("{coins}", zh)))
    return found


def coins_named(code: str, ccys: list[str]) -> tuple[str, dict[str, str]]:
    """Key and placeholders of a text about these coins, at least one."""
    first = dict(zip(("ccy", "ccy1", "ccy2"), ccys, strict=False))
    return code + COINS[min(len(ccys), 4) - 1][0], first | {"number": str(len(ccys) - 3)}


def table(*rows: Entry) -> dict[str, ErrorText]:
    """Codes by key: the code, or with a slash and more a variant of it."""
    return {row[0]: ErrorText(row[0].partition("/")[0], *row[1:]) for row in rows}
