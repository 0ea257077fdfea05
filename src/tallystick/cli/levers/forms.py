"""Forms of a lever: what its command takes, as the declarations of the control calls have it."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from tallystick.cli.frame.language import Words

Form: TypeAlias = Literal["text", "amount", "whole", "flag", "list", "pairs", "levels", "cells", "rows", "json"]
"""How a value is given: `amount` is decimal text that may have a minus, `flag` is on or off, `list` is several words.

`pairs` are names with their values, `levels` are pairs of amounts, `cells` are names with JSON or text, `rows` the
same below a name each, `json` is a JSON text.
"""
REPEATED: Final = ("list", "levels", "cells", "rows")
"""Forms of options that are given once for each item."""


class Parameter(NamedTuple):
    """One field of a call. `name` is its name in Python. An `argument` stands without its name, in its order.

    `choices` are all values there are, `known` some that a shell completes, `source` says which names of the served
    venue it completes: see `completion.py`.
    """

    name: str
    form: Form
    words: Words
    required: bool
    argument: bool = False
    nullable: bool = False
    choices: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    source: str = ""


class Lever(NamedTuple):
    """A control call as a command: `tally GROUP COMMAND`. `call` is the method of the typed levers.

    `moves` is False where the call only shows something. `name` says what stands in the path, and is the first
    argument; None where the path has no name. `fields` are those of the answer. With `document` the parameters stand in
    a file, which it describes. `names` is the `source` of the name in the path.
    """

    group: str
    command: str
    words: Words
    call: str
    moves: bool
    name: Words | None
    parameters: tuple[Parameter, ...]
    fields: tuple[str, ...]
    document: Words | None = None
    names: str = ""
