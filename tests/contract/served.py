"""A real server on a real port, and a small client of it."""

import socket
import ssl
import threading
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn

from tests.contract.law import LawfulClient
from waystage.bootstrap import Built, build
from waystage.ground.settings import load
from waystage.store.processes import SERVE

CLIENT_ID = "contract-client"
CLIENT_SECRET = "contract-secret"

#: How long an answer may take; only a machine that stands still has any use for it.
PATIENCE_SECONDS = 180
#: Nothing here goes by TLS. A client that has to read everybody's certificates first takes longer than most tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Served:
    """The whole program behind one port of this machine; use it as a context."""

    def __init__(self, database_url: str, *, role: str = SERVE, **settings: str) -> None:
        self._clients: list[Api] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        environ = {
            "WAYSTAGE_DATABASE_URL": database_url,
            "WAYSTAGE_PUBLIC_URL": self.address,
            "WAYSTAGE_CLIENT_ID": CLIENT_ID,
            "WAYSTAGE_CLIENT_SECRET": CLIENT_SECRET,
            "WAYSTAGE_CLOCK": "virtual:2026-01-01T00:00:00Z",
            **settings,
        }
        try:
            self.built: Built = build(load(environ), role)
        except BaseException:
            self._socket.close()
            raise
        config = uvicorn.Config(self.built.app, ws="none", lifespan="off", log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.http.close()
        self._server.should_exit = True
        self._thread.join()
        self.built.close()
        self._socket.close()

    def client(self, client_id: str = CLIENT_ID, secret: str = CLIENT_SECRET, **asked: Any) -> "Api":
        """A client with a fresh token, closed together with the server."""
        made = Api(self.address, self.token(client_id, secret, **asked))
        self._clients.append(made)
        return made

    def token(self, client_id: str = CLIENT_ID, secret: str = CLIENT_SECRET, **asked: Any) -> str:
        """A fresh access token."""
        body = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **asked}
        answer = httpx.post(f"{self.address}/v2/token", json=body, timeout=PATIENCE_SECONDS, verify=NO_TLS)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


class Api:
    """Calls with a token over one pooled connection; every answer must be documented, and with a body be JSON."""

    def __init__(self, address: str, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.http = LawfulClient(base_url=address, headers=headers, timeout=PATIENCE_SECONDS, verify=NO_TLS)

    def __call__(self, verb: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """One call; `body` as JSON, `more` as httpx takes it."""
        if body is not None:
            more["json"] = body
        answer = self.http.request(verb, path, **more)
        if answer.status_code != 304 and verb != "HEAD":
            assert answer.headers["content-type"].startswith("application/json"), answer.headers
            answer.json()
        return answer

    def done(self, verb: str, path: str, body: Any = None, **more: Any) -> Any:
        """The body of a call that must succeed."""
        answer = self(verb, path, body, **more)
        assert answer.is_success, answer.text
        return answer.json()
