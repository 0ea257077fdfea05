"""The form of a code: its text in two languages, its HTTP status, whether a retry can help."""

from __future__ import annotations

from msgspec import Struct


class ErrorText(Struct, frozen=True):
    """Placeholders in braces: param, other, ccy, debtCcy, min, max, ip, id, what, op, request.

    `retry`: the same call may work later.
    """

    code: str
    http_status: int
    en: str
    zh: str
    retry: bool = False


def table(*rows: tuple[str, int, str, str] | tuple[str, int, str, str, bool]) -> dict[str, ErrorText]:
    """Codes by key: the code, or with a slash and more a variant of it."""
    return {row[0]: ErrorText(row[0].partition("/")[0], *row[1:]) for row in rows}
