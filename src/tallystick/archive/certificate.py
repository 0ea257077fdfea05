"""Certificate of an archive: JSON lines that somebody without keys and without the archive can check.

The first line says what it is. Then a line for each page in the order in which they were read: account, stream, what
was asked, when it was answered, the number of rows and the SHA-256 of the answer, the answer itself where it was kept,
and the hash of all this with the page before. At the end a line for each series: how many rows the archive has of it,
and the SHA-256 over their texts by their keys. The last line has how many pages there are, the hash of the last one,
and the hash of all series after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from tallystick.archive.chain_of_pages import GENESIS, Link, hash_of, linked
from tallystick.archive.records import Checked
from tallystick.archive.store import Archive

NAME: Final = "tallystick archive certificate"
VERSION: Final = 1


class CertificateError(Exception):
    """A certificate does not hold; the text says where."""


_encode: Final = msgspec.json.Encoder(order="sorted").encode


def lines(archive: Archive) -> Iterator[bytes]:
    """Lines of the certificate of an archive."""
    yield _encode({"certificate": NAME, "version": VERSION})
    titles = archive.titles()
    of = {series.id: series for series in archive.all_series()}
    count, head = 0, GENESIS
    for page in linked(archive):
        line: dict[str, Any] = {"page": page.link, "hash": page.hash.hex()}
        if page.answer is not None:
            line["answer"] = page.answer.decode("utf-8", "surrogateescape")
        yield _encode(line)
        count, head = count + 1, page.hash
    end = head
    for series in of.values():
        total, digest = 0, hashlib.sha256()
        for row in archive.rows(series.id):
            digest.update(row.raw.encode() + b"\n")
            total += 1
        told = {
            "series": {"account": titles[series.account], "stream": series.stream, "filters": series.filters},
            "rows": total,
            "sha256": digest.hexdigest(),
        }
        end = _after(end, told)
        yield _encode(told)
    yield _encode({"pages": count, "head": head.hex(), "end": end.hex()})


def _after(before: bytes, told: dict[str, Any]) -> bytes:
    """Hash of a series with all before it."""
    return hashlib.sha256(before + _encode(told)).digest()


def checked(given: Iterable[bytes]) -> Checked:
    """Follow the chain of a certificate. Raises CertificateError at the first line that does not hold."""
    before = end = GENESIS
    pages, answers, rows, ended = 0, 0, 0, False
    times: list[int] = []
    for number, text in enumerate(given, start=1):
        line = _decoded(text, number)
        if number == 1:
            if line.get("certificate") != NAME or line.get("version") != VERSION:
                raise CertificateError("this is no certificate of an archive, or one of a later version")
        elif ended:
            raise CertificateError(f"line {number} stands behind the end")
        elif "page" in line:
            link = _link(line["page"], number)
            before = hash_of(before, link)
            if line.get("hash") != before.hex():
                raise CertificateError(f"line {number}: this page does not follow from those before it")
            if "answer" in line:
                _agree(link, line["answer"], number)
                answers += 1
            pages += 1
            times.append(link.answered_ms)
            end = before
        elif "series" in line:
            end = _after(end, line)
            rows += line["rows"] if isinstance(line.get("rows"), int) else 0
        else:
            ended = True
            if line != {"pages": pages, "head": before.hex(), "end": end.hex()}:
                raise CertificateError(f"line {number}: the end does not fit: lines were removed, added or changed")
    if not ended:
        raise CertificateError("the certificate has no end: lines are missing")
    return Checked(
        pages=pages,
        answers=answers,
        rows=rows,
        first_ms=min(times, default=0),
        last_ms=max(times, default=0),
        head=before.hex(),
    )


def _decoded(text: bytes, number: int) -> dict[str, Any]:
    try:
        line = msgspec.json.decode(text)
    except msgspec.DecodeError as problem:
        raise CertificateError(f"line {number} is no JSON: {problem}") from None
    if not isinstance(line, dict):
        raise CertificateError(f"line {number} is no JSON object")
    return line


def _link(value: object, number: int) -> Link:
    try:
        return msgspec.convert(value, Link)
    except msgspec.ValidationError as problem:
        raise CertificateError(f"line {number}: {problem}") from None


def _agree(link: Link, answer: object, number: int) -> None:
    """An answer that was kept is the one whose SHA-256 stands in the chain, and has as many rows."""
    body = str(answer).encode("utf-8", "surrogateescape")
    if hashlib.sha256(body).hexdigest() != link.body:
        raise CertificateError(f"line {number}: the answer is not the one that was read")
    try:
        data = msgspec.json.decode(body)["data"]
    except (msgspec.DecodeError, TypeError, LookupError):
        raise CertificateError(f"line {number}: the answer is not of the form of answers") from None
    if len(data) != link.rows:
        raise CertificateError(f"line {number}: the answer has {len(data)} rows, the page {link.rows}")
