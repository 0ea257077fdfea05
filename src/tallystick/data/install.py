"""Line that installs the package, for messages and pages: once the package is published it changes here alone."""

from __future__ import annotations

PUBLISHED = False
"""Whether the package index has the package. Until then it is installed from the folder of the project."""


def install(*extras: str) -> str:
    """The command that installs the package with these extras, such as `postgres`."""
    name = "tallystick" if PUBLISHED else "."
    return f'pip install "{name}[{",".join(extras)}]"' if extras else f"pip install {name}"


def advice(*extras: str) -> str:
    """The command as a message gives it to a reader who may stand in another folder."""
    return install(*extras) if PUBLISHED else f"{install(*extras)} in the folder of Tallystick"


def advice_zh(*extras: str) -> str:
    """The same in Chinese."""
    return install(*extras) if PUBLISHED else f"在 Tallystick 的目录中运行 {install(*extras)}"
