"""The log of a server holds no value of anybody and no secret, whatever was asked of it (threat model)."""

from pathlib import Path

import httpx

from tests.contract.everything import SECRET, populated
from tests.contract.served import Api
from tests.crash.process import CLIENT, Program
from tests.journeys.running import token


def test_the_log_tells_of_nobody(database_url: str, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    program = Program(database_url, log, WAYSTAGE_SECRET_KEY=f"{SECRET} key of keys")
    program.start()
    try:
        assert program.ready(), program.told()
        bearer = token(program.address, *CLIENT)
        api = Api(program.address, bearer)
        populated(api)
        for path in (f"/interaction/v1/interactions/{SECRET}", f"/{SECRET}", f"/waystage/v1/messages?$page={SECRET}"):
            assert api("GET", path).status_code in {400, 404}
        body = {"grant_type": "client_credentials", "client_id": CLIENT[0], "client_secret": SECRET}
        assert httpx.post(f"{program.address}/v2/token", json=body).status_code == 401
        api.http.close()
    finally:
        program.kill()
    told = log.read_text() if log.exists() else ""
    for secret in (SECRET, bearer, CLIENT[1], "ann", "imported"):
        assert secret not in told, told
