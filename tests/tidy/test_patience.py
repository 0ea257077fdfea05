"""Work of a process is measured whatever the machine does, and a port that is picked stays free."""

from __future__ import annotations

import os
import socket
from time import process_time

import pytest

from tests.patience import working_less_than
from tests.store.database import free_port


def test_a_process_that_works_longer_is_seen() -> None:
    def work() -> None:
        began = process_time()
        with working_less_than(0.1, os.getpid()):
            while process_time() < began + 0.2:
                pass

    with pytest.raises(AssertionError, match="worked for"):
        work()


def test_a_process_that_waits_has_not_worked() -> None:
    silent, other = socket.socketpair()
    with working_less_than(0.1, os.getpid()), silent, other:
        silent.settimeout(0.2)
        with pytest.raises(TimeoutError):
            silent.recv(1)


def test_a_port_that_was_picked_is_given_to_nobody_but_a_server_that_asks_for_it() -> None:
    port = free_port()
    with socket.socket() as other, pytest.raises(OSError, match="Address already in use"):
        other.bind(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname()[1] == port
