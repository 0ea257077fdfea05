"""Where two rooms meet, types say what goes through: no `Any` in views and server but where an outside says nothing."""

from __future__ import annotations

import ast

import pytest

from tests.tidy import files

ROOMS = ("views", "server")
ANY_ALLOWED = {
    "server/asgi.py": "scopes and messages are what the ASGI specification says, name by name",
    "server/eager.py": "it passes on what a coroutine hands to the loop, and sees none of it",
    "server/control/openapi.py": "a JSON Schema nests as deep as it likes",
    "server/control/parameters.py": "a number of the exchange is JSON of its own kind",
}
IGNORED = "# type: " + "ignore"
IGNORES_ALLOWED = {
    "engine/sparse.py": "a dictionary that refuses to grow gives nothing back where others give themselves",
    "server/call.py": "a call has no key before the step that finds it, and reading it earlier fails",
    "server/protocol.py": "asyncio promises a transport of the base class and gives one with more",
}


def any_in(name: str, tree: ast.Module) -> list[str]:
    """A view that takes Any takes the request of another endpoint as well, and a row of another kind."""
    if name.split("/")[0] not in ROOMS or name in ANY_ALLOWED:
        return []
    # What a coroutine hands to the loop and gets from it is the loop's own business.
    of_the_loop = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Coroutine"
        if isinstance(node.slice, ast.Tuple)
        for part in node.slice.elts[:2]
    }
    return [
        f"{name}:{node.lineno} takes Any: say what it is, or object where nothing is asked of it"
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "Any") or (isinstance(node, ast.Attribute) and node.attr == "Any")
        if id(node) not in of_the_loop
    ]


def ignored_in(name: str, text: str) -> list[str]:
    """The type checker cannot find what it is told not to look at."""
    if name in IGNORES_ALLOWED:
        return []
    marked = enumerate(text.splitlines(), start=1)
    return [f"{name}:{line} hides something from the type checker" for line, code in marked if IGNORED in code]


def test_rooms_that_meet_say_what_goes_through() -> None:
    found: list[str] = []
    for path in files.package_files():
        name = path.relative_to(files.PACKAGE).as_posix()
        text = path.read_text("utf-8")
        found += any_in(name, ast.parse(text)) + ignored_in(name, text)
    assert not found, "\n".join(found)


def test_every_exception_is_needed() -> None:
    for name in ANY_ALLOWED:
        tree = ast.parse((files.PACKAGE / name).read_text("utf-8"))
        assert any_in(f"server/{name.replace('/', '-')}", tree), f"{name} takes no Any any more"
    for name in IGNORES_ALLOWED:
        assert ignored_in("", (files.PACKAGE / name).read_text("utf-8")), f"{name} ignores nothing any more"


@pytest.mark.parametrize(
    "text",
    [
        "def answer(request: Any) -> None: ...",
        "ROWS: dict[str, Callable[[Any], str]] = {}",
        "import typing\nx: typing.Any = 1",
        "def work() -> Coroutine[Any, Any, Any]: ...",
    ],
)
def test_any_is_found(text: str) -> None:
    assert any_in("views/loans.py", ast.parse(text))
    assert not any_in("engine/loans.py", ast.parse(text))


def test_what_a_coroutine_hands_to_the_loop_needs_no_type() -> None:
    assert not any_in("server/turns.py", ast.parse("def work() -> Coroutine[Any, Any, None]: ..."))


def test_a_line_that_is_ignored_is_found() -> None:
    assert ignored_in("views/loans.py", f"x = y  {IGNORED}[arg-type]\n")
