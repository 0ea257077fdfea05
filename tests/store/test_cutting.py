"""The way that cuts connections: a cut meets the connection it was armed for, and no other."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.patience import PATIENCE_S
from tests.store.cutting import Way


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(PATIENCE_S)
        yield listening


@pytest.fixture
def way(listener: socket.socket) -> Iterator[Way]:
    with closing(Way(listener.getsockname()[1])) as made:
        yield made


def connected(way: Way, listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """Both ends of a new connection: the client's and the server's."""
    client = socket.create_connection(("127.0.0.1", way.port), PATIENCE_S)
    server, _ = listener.accept()
    server.settimeout(PATIENCE_S)
    return client, server


def test_the_answer_to_the_next_request_is_cut(way: Way, listener: socket.socket) -> None:
    client, server = connected(way, listener)
    with client, server:
        way.cut_at("answer")
        client.sendall(b"asked")
        assert server.recv(100) == b"asked"
        server.sendall(b"answered")
        assert client.recv(100) == b""
    assert way.cuts == 1


def test_an_answer_that_never_came_takes_no_answer_of_another_connection(way: Way, listener: socket.socket) -> None:
    client, server = connected(way, listener)
    with client, server:
        way.cut_at("answer")
        client.sendall(b"asked")
        assert server.recv(100) == b"asked"
    client, server = connected(way, listener)
    with client, server:
        client.sendall(b"asked")
        assert server.recv(100) == b"asked"
        server.sendall(b"answered")
        assert client.recv(100) == b"answered"
    assert way.cuts == 0


def test_a_cut_that_is_disarmed_meets_nobody(way: Way, listener: socket.socket) -> None:
    client, server = connected(way, listener)
    with client, server:
        way.cut_at("answer")
        client.sendall(b"asked")
        assert server.recv(100) == b"asked"
        way.cut_at("")
        server.sendall(b"answered")
        assert client.recv(100) == b"answered"
    assert way.cuts == 0
