"""What every session relies upon is checked when it is opened (design 3.7)."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from psycopg.conninfo import conninfo_to_dict

from waystage.store.dialects.drivers import driver_for
from waystage.store.dialects.postgresql import SessionRefused


def _forward(source: socket.socket, sink: socket.socket) -> None:
    """Until either side goes; then the other direction ends too."""
    with suppress(OSError):
        while piece := source.recv(65_536):
            sink.sendall(piece)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _converse(client: socket.socket, behind: socket.socket) -> None:
    with client, behind:
        back = threading.Thread(target=_forward, args=(behind, client), daemon=True)
        back.start()
        _forward(client, behind)
        back.join()


def _without_options(startup: bytes) -> bytes:
    """A start-up message as a pooler passes it on that drops what it does not know."""
    words = startup[8:].split(b"\0")
    pairs = [(name, value) for name, value in zip(words[::2], words[1::2], strict=False) if name != b"options"]
    body = startup[4:8] + b"".join(name + b"\0" + value + b"\0" for name, value in pairs if name) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def _serve(listener: socket.socket, server: tuple[str, int] | str) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        behind = socket.create_connection(server) if isinstance(server, tuple) else socket.socket(socket.AF_UNIX)
        if isinstance(server, str):
            behind.connect(server)
        first = client.recv(65_536)
        while struct.unpack("!i", first[4:8])[0] != 196_608:  # encryption is asked for before anything else
            client.sendall(b"N")
            first = client.recv(65_536)
        behind.sendall(_without_options(first))
        threading.Thread(target=_converse, args=(client, behind), daemon=True).start()


@contextmanager
def pooler(url: str) -> Iterator[str]:
    """The address of a server that passes everything on but the options of a session."""
    told = conninfo_to_dict(url)
    host, port = str(told.get("host")), int(told.get("port") or 5432)
    server = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listener, server), daemon=True).start()
    try:
        user, name = told.get("user", ""), told.get("dbname", "")
        yield f"postgresql://{user}@127.0.0.1:{listener.getsockname()[1]}/{name}"
    finally:
        listener.close()


def test_a_pooler_that_drops_the_settings_is_refused(postgresql_url: str) -> None:
    driver_for(postgresql_url).connect(write=True, step=True).close()
    with pooler(postgresql_url) as address, pytest.raises(SessionRefused, match="idle_in_transaction_session_timeout"):
        driver_for(address).connect(write=True)
