"""`waystage worker`: moves contacts and hands effects over, beside any number of others."""

from __future__ import annotations

import sys
import threading

import typer

from waystage.cli.databases import shown
from waystage.cli.serve import LogJson, LogLevel, begin_log
from waystage.cli.server import LAST_LINE, claim_health_port, finish, listening_to_signals, server_of, start_up
from waystage.cli.words import settings_now
from waystage.store.processes import WORKER

HELP = """Move contacts and send what is to be sent, until Ctrl-C; waystage api answers the requests.

Any number of workers share one PostgreSQL database: each takes its share of the lanes, and those of one that ends or
dies go to the others. With WAYSTAGE_HEALTH_PORT set it answers /healthz, /readyz and /metrics there.

\b
Examples:
  WAYSTAGE_DATABASE_URL=postgresql://... waystage worker
  WAYSTAGE_HEALTH_PORT=9001 waystage worker --log-json
"""


def worker(log_level: LogLevel = "info", log_json: LogJson = False) -> None:
    """See HELP."""
    begin_log(log_level, as_json=log_json)
    settings = settings_now()
    port = claim_health_port(settings)
    with listening_to_signals() as signals:
        built = start_up(settings, WORKER)
        try:
            typer.echo(f"Waystage moves contacts of {shown(settings.database_url)}. Ctrl-C ends it.")
            sys.stdout.flush()
            if port is None:
                ended = threading.Event()
                signals.then(ended.set)
                ended.wait()
            else:
                server = server_of(built)
                signals.then(lambda: setattr(server, "should_exit", True))
                server.run(sockets=[port])
        finally:
            built.close()
            if port is not None:
                port.close()
    finish(built, signals.exit_code, LAST_LINE)
