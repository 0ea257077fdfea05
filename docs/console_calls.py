"""Control calls as the page of the console names them, made from their declarations into the tree.

`python -m docs.console_calls` writes `console/page/calls.js` anew: for each call its command and its method, so that
the page can show a call as `tally` and as Python. A test shows that the file is current.
"""

from __future__ import annotations

import json
from typing import Any, Final, get_type_hints

import msgspec

from docs.cli_levers import form_of
from docs.client_levers import Call, calls
from docs.client_types import ROOT
from tallystick.server.control.form import Spelling

PLACE: Final = ROOT / "src" / "tallystick" / "console" / "page" / "calls.js"
HEAD: Final = """\
// Control calls by method and path: the words of their command, the name of their method, and their fields.
// Made by `python -m docs.console_calls` from the control calls; not edited by hand.

"""


def fresh() -> str:
    """Text of the made file, as it would be written now."""
    found = {
        f"{call.endpoint.method} {call.endpoint.path}": row(call, call.endpoint.spelling)
        for call in calls()
        if call.endpoint.spelling is not None
    }
    rows = [f"  {json.dumps(name)}: {json.dumps(each)}," for name, each in found.items()]
    return HEAD + "export const CALLS = {\n" + "\n".join(rows) + "\n};\n"


def row(call: Call, spelling: Spelling) -> dict[str, Any]:
    """One call. Each field has its name on the wire and in Python, its form, and whether it stands without its name."""
    endpoint = call.endpoint
    sent = endpoint.query if endpoint.method == "GET" else endpoint.body
    hints = get_type_hints(sent, include_extras=True)
    infos = {info.name: info for info in msgspec.structs.fields(sent)}
    order = [*spelling.arguments, *(name for name in infos if name not in spelling.arguments)]
    fields = [
        {
            "wire": infos[name].encode_name,
            "python": name,
            "form": "json" if spelling.document is not None else form_of(hints[name])[0],
            "argument": name in spelling.arguments,
        }
        for name in order
    ]
    return {
        "tally": spelling.words,
        "python": f"{call.group}.{call.method}" if call.group else call.method,
        "fields": fields,
    }


def main() -> None:
    text = fresh()
    if not PLACE.exists() or PLACE.read_text(encoding="utf-8") != text:
        PLACE.write_text(text, encoding="utf-8")
        print(f"rewrote {PLACE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
