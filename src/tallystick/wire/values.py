"""One value of a request, read by the grammar its parameter is declared with.

Text is matched before anything converts it. A JSON number, true or false stands for the text it is written in, with an
exponent written out, and is read by the same grammar: one rule for all scalars, and no float, no digit of another
script and no rounding gets in between. Source: chosen (decisions/005).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from tallystick.contract.core import Grammar, Many
from tallystick.contract.fields import Field

Reader = Callable[[Any], Any]
Oddity = Callable[[Any], str]

NUMBER: Final = "number"
BOOLEAN: Final = "boolean"
CUT: Final = "cut"
TEXT: Final = "text"
"""Kinds of remarks on a value that is accepted."""
EXPONENT_MAX: Final = 40
"""No grammar has as many digits; a number beyond it is none."""


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


class Bad(Exception):
    """A value off its grammar: the code that says so, what fills its text, and in words what is wrong with it."""

    def __init__(self, code: str = "51000", reason: str = "", **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason
        self.details = details


def scalar(value: Any) -> str | None:
    """The text a value stands for; None for a list, an object, and a number beyond all bounds."""
    if type(value) is str:
        return value
    if type(value) is Number:
        return _plain(value)
    if type(value) is bool:
        return "true" if value else "false"
    return None


def _plain(number: Number) -> str | None:
    """5e-05 as 0.00005, 1E2 as 100; anything without an exponent as it is."""
    if "e" not in number and "E" not in number:
        return str(number)
    try:
        value = Decimal(number)
    except ArithmeticError:
        return None
    return format(value, "f") if abs(value.adjusted()) <= EXPONENT_MAX else None


def text_of(value: Any) -> str:
    """A value as it was sent, for repeating it; "" for a list or an object.

    Half a surrogate pair, which JSON can spell and UTF-8 cannot, becomes a question mark.
    """
    text = scalar(value)
    return "" if text is None else text.encode("utf-8", "replace").decode("utf-8")


# ---- readers: the value for the record, or Bad


def refuse(value: Any) -> Any:
    raise Bad


_FLAGS: Final = {"true": True, "false": False}
_SPELLINGS: Final = _FLAGS | {"True": True, "False": False}
"""Python's words too, which python-okx puts into a query (observed)."""


def read_flag(value: Any) -> bool:
    return _flag(value, _FLAGS)


def read_spelling(value: Any) -> bool:
    return _flag(value, _SPELLINGS)


def _flag(value: Any, known: dict[str, bool]) -> bool:
    if value is True or value is False:
        return value is True
    if type(value) is str and value in known:
        return known[value]
    raise Bad


def read_choice(choices: tuple[str, ...]) -> Reader:
    known = {choice: choice for choice in choices}

    def read(value: Any) -> str:
        text = value if type(value) is str else scalar(value)
        if text in known:
            return known[text]
        raise Bad

    return read


def read_grammar(grammar: Grammar) -> Reader:
    matches = re.compile(grammar.pattern, re.ASCII).fullmatch
    positive, most, cut, zero = grammar.positive, grammar.most, grammar.cut, grammar.zero

    def read(value: Any) -> str:
        text = value if type(value) is str else scalar(value)
        if text is None:
            raise Bad
        if matches(text):
            if positive and not text.strip("0."):
                raise Bad(zero)
            return text
        if positive and text[:1] == "-" and matches(text[1:]):
            raise Bad(zero)
        raise Bad

    def read_integer(value: Any) -> int:
        text = read(value)
        if cut and most is not None and len(text) > len(str(most)):
            return most
        number = int(text)
        if most is not None and number > most:
            if cut:
                return most
            raise Bad
        return number

    return read_integer if grammar.integer else read


def read_many(one: Reader, many: Many, in_query: bool) -> Reader:
    """Too many are refused before any of them is read, a coin that is named twice after all of them are."""

    def read(value: Any) -> tuple[Any, ...]:
        if in_query and type(value) is str:
            value = value.split(",")
        if type(value) is not list:
            raise Bad
        if many.most is not None and len(value) > many.most:
            raise Bad("50025", max=str(many.most))
        items = tuple(one(item) for item in value)
        if many.unique:
            _require_distinct(items)
        return items

    return read


def _require_distinct(items: tuple[Any, ...]) -> None:
    """Distinct by their coin, where they are records."""
    seen = set()
    for item in items:
        name = item if isinstance(item, str) else item.ccy
        if name in seen:
            raise Bad(reason=f"names {name} twice")
        seen.add(name)


# ---- remarks: what is accepted and yet not as documented

_WORDED: Final = ("true", "false")
"""A flag the documents have as text. They do not agree on it from call to call, so either is as documented (chosen)."""


def oddity(field: Field, in_query: bool) -> Oddity | None:
    """Kind of the remark a value of this parameter deserves, "" for none; None where no value can."""
    grammar = field.grammar
    if grammar is not None and grammar.cut:
        return _above(grammar.most or 0)
    if field.flag and not in_query and not field.worded:
        return _text_not_flag
    if in_query or field.flag or field.refused or field.record is not None:
        return None
    if field.many is not None:
        return _elements_not_text
    return _number_not_text if field.choices == _WORDED else _not_text


def _above(most: int) -> Oddity:
    most_text = str(most)
    length = len(most_text)

    def odd(value: Any) -> str:
        if type(value) is str and (len(value) < length or value == most_text):
            return ""
        text = scalar(value)
        digits = text is not None and text.isascii() and text.isdigit() and text[0] != "0"
        above = text is not None and digits and (len(text) > length or int(text) > most)
        return CUT if above else _not_text(value)

    return odd


def _text_not_flag(value: Any) -> str:
    return TEXT if type(value) is str and value in _FLAGS else ""


def _not_text(value: Any) -> str:
    if type(value) is str:
        return ""
    return NUMBER if type(value) is Number else BOOLEAN if type(value) is bool else ""


def _number_not_text(value: Any) -> str:
    return NUMBER if type(value) is Number else ""


def _elements_not_text(value: Any) -> str:
    return next(filter(None, map(_not_text, value)), "") if type(value) is list else _not_text(value)
