"""What the processes of this machine say of themselves over HTTP (see operations.doctor)."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from typing import Final

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from waystage.ground import ailments
from waystage.ground.ailments import Finding
from waystage.ground.meters import BREAKERS
from waystage.operations.doctor_patient import Patient, some
from waystage.store.processes import WORKER

_PATIENCE_SECONDS: Final = 5.0


def ask(patient: Patient) -> Iterator[Finding]:
    """Those that listen where these settings say; of others nothing is known here."""
    here = [one.process for one in patient.living if one.process.host == socket.gethostname()]
    ports = {
        patient.settings.port: any(one.role != WORKER for one in here),
        patient.settings.health_port: any(one.role == WORKER for one in here),
    }
    for port, is_there in ports.items():
        if is_there and port:
            yield from _ask(_reachable(patient.settings.host), port)


def _ask(host: str, port: int) -> Iterator[Finding]:
    where = f"http://{host}:{port}"
    try:
        status, said = _get(host, port, "/readyz")
        figures = _get(host, port, "/metrics")[1]
    except (OSError, http.client.HTTPException) as error:
        yield Finding(ailments.SERVER_SILENT, f"{where} does not answer: {error}.")
        return
    if status != http.client.OK:
        yield Finding(ailments.SERVER_SILENT, f"{where}/readyz answers {status}: {_read(said)}.")
    if away := _resting(figures.decode()):
        yield Finding(ailments.BREAKER_OPEN, f"{some(away)} (as {where} has it).")


def _get(host: str, port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _read(said: bytes) -> str:
    """The members of a small JSON object as words."""
    try:
        body = msgspec.json.decode(said, type=dict[str, object])
    except msgspec.DecodeError:
        return "something that is not Waystage's"
    return ", ".join(f"{name} {value}" for name, value in body.items())


def _resting(figures: str) -> list[str]:
    return sorted(
        sample.labels["host"]
        for family in text_string_to_metric_families(figures)
        for sample in family.samples
        if sample.name == BREAKERS.name and sample.value
    )


def _reachable(host: str) -> str:
    """Where a process that listens on every address of its machine is found on it."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 (compared, not bound)
