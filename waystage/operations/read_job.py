"""Reading how a publish or validate job is getting on (api.md 4.2, D-35)."""

from __future__ import annotations

from typing import Any

from waystage.ground.errors import StatusNotFound
from waystage.store import jobs
from waystage.store.sql import Tx


def read(tx: Tx, account: int, job_id: str) -> dict[str, Any]:
    """`{statusId, status, errors, warnings}`; StatusNotFound for an unknown job or another business unit's."""
    job = jobs.find(tx, job_id.lower())
    if job is None or job.account != account:
        raise StatusNotFound
    return {
        "statusId": job.id,
        "status": job.status,
        "errors": [finding for finding in job.findings if finding["errorType"] == "Error"],
        "warnings": [finding for finding in job.findings if finding["errorType"] == "Warning"],
    }
