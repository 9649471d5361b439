"""The journey of the benchmark as a DBOS workflow: entry, wait, split, e-mail, exit; one workflow for each contact.

Runs as a process of its own (`python -m waystage.bench.rival_dbos <database> <contacts>`) and writes one JSON line.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from dbos import DBOS

from waystage.bench import documents
from waystage.bench.cores import spent
from waystage.ground import clock


@DBOS.step()
def enter(number: int) -> dict[str, Any]:
    """Take the event in; what a step gives is kept, so it is the entry data of the contact."""
    return documents.event_data(number)


@DBOS.step()
def send(address: str, email: int) -> str:
    """Note the message, as Waystage does without a way out."""
    return f"{email}: {address}"


@DBOS.workflow()
def journey(number: int) -> str:
    """The five steps; a decision needs no step of its own here, since running it again gives the same."""
    data = enter(number)
    DBOS.sleep(0.001)
    gold = data["Score"] > 50 and data["Tier"] == "gold"
    return send(data["EmailAddress"], 1 if gold else 2)


def main() -> None:
    """Start a workflow for every contact and wait for all."""
    url, contacts = sys.argv[1], int(sys.argv[2])
    DBOS(config={"name": "bench", "system_database_url": url, "log_level": "ERROR"})
    DBOS.launch()
    for handle in [DBOS.start_workflow(journey, -1 - number) for number in range(10)]:
        handle.get_result()
    started, before = clock.stopwatch(), spent()
    handles = [DBOS.start_workflow(journey, number) for number in range(contacts)]
    sent = [handle.get_result() for handle in handles]
    seconds, cpu = clock.stopwatch() - started, spent() - before
    gold = sum(one.startswith("1:") for one in sent)
    sys.stdout.write(msgspec.json.encode({"seconds": seconds, "cpu": cpu, "sent": len(sent), "gold": gold}).decode())
    DBOS.destroy()


if __name__ == "__main__":
    main()
