"""Signing keys over HTTP (contract 16): they go in, and never come out."""

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.contract.event_bodies import stranger
from tests.contract.served import Api, Served
from waystage.engine.sending.signing_keys import NoKey, SigningKeys

KEYS = "/waystage/v1/keys"
SECRET = {"WAYSTAGE_SECRET_KEY": "a long text of the operator's"}


def put(api: Api, name: str, body: Any) -> int:
    answer = api.http.put(f"{KEYS}/{name}", json=body)
    if answer.status_code != 204:
        assert "hush" not in answer.text
        assert set(answer.json()) >= {"message", "errorcode"}
    else:
        assert answer.content == b""
    return answer.status_code


def put_once(served: Served, name: str) -> int:
    api = served.client()
    try:
        return put(api, name, {"secret": "hush"})
    finally:
        api.http.close()


def secret(served: Served, name: str | None, account: int = 1) -> bytes:
    world = served.built.world
    return asyncio.run(SigningKeys(world.database, world.sealer).secret(account, name or ""))


def stored(served: Served) -> list[str]:
    return [row[0] for row in served.built.database.read(lambda tx: tx.rows("SELECT sealed FROM signing_key")).result()]


def test_contract_16_secrets_are_stored_in_three_encodings_and_never_read_back(database_url: str) -> None:
    with Served(database_url, **SECRET) as served:
        api = served.client()
        assert put(api, "Mine", {"secret": "hush-ä"}) == 204
        assert put(api, "hexed", {"secret": "0x00FF10", "encoding": "hex"}) == 204
        assert put(api, "default", {"SECRET": "aHVzaA==", "encoding": "base64"}) == 204
        assert (secret(served, "MINE"), secret(served, "hexed")) == ("hush-ä".encode(), b"\x00\xff\x10")
        assert secret(served, None) == b"hush"
        listed = api.done("GET", KEYS)
        assert [item["customerKey"] for item in listed["items"]] == ["default", "hexed", "Mine"]
        assert [item["isDefault"] for item in listed["items"]] == [True, False, False]
        assert set(listed["items"][0]) == {"customerKey", "isDefault", "createdDate", "modifiedDate"}
        assert not any("hush" in sealed for sealed in stored(served))
        assert put(api, "mine", {"secret": "hush-2"}) == 204
        assert secret(served, "Mine") == b"hush-2"
        assert api.done("GET", KEYS)["count"] == 3
        assert api.http.delete(f"{KEYS}/MINE").status_code == 204
        assert api("DELETE", f"{KEYS}/mine").status_code == 404
        with pytest.raises(NoKey):
            secret(served, "mine")
        api.http.close()


BAD: list[Any] = [
    {}, [], "hush", {"secret": ""}, {"secret": 5}, {"secret": "hush", "encoding": "rot13"},
    {"secret": "hush", "encoding": 5},
    {"secret": "hush", "encoding": "hex"}, {"secret": "hush!", "encoding": "base64"}, {"secret": "hush" * 5_000},
    {"secret": "0x", "encoding": "hex"},
]  # fmt: skip


def test_contract_16_bad_bodies_and_names(light: Api) -> None:
    for body in BAD:
        assert put(light, "mine", body) == 400, body
    assert put(light, "x" * 201, {"secret": "hush"}) == 400
    assert put(light, "%20", {"secret": "hush"}) == 400
    assert light.done("GET", KEYS)["count"] == 0


def test_contract_16_without_the_setting_a_key_file_lies_beside_the_database(sqlite_url: str) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///") + ".key")
    with Served(sqlite_url) as served:
        assert not file.exists()
        assert put_once(served, "mine") == 204
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with Served(sqlite_url) as served:
        assert secret(served, "mine") == b"hush"
    file.unlink()
    with Served(sqlite_url) as served:
        with pytest.raises(NoKey):
            secret(served, "mine")
        assert not file.exists()


def test_contract_16_a_server_needs_the_setting_as_soon_as_a_key_is_stored(postgresql_url: str) -> None:
    with Served(postgresql_url) as served:
        api = served.client()
        answer = api("PUT", f"{KEYS}/mine", {"secret": "hush"})
        assert (answer.status_code, answer.json()["errorcode"]) == (409, 30001)
        assert "WAYSTAGE_SECRET_KEY" in answer.json()["message"]
        assert api.done("GET", KEYS)["count"] == 0
        api.http.close()


def test_contract_16_another_secret_key_is_told_when_a_key_is_needed(sqlite_url: str) -> None:
    with Served(sqlite_url, **SECRET) as served:
        assert put_once(served, "mine") == 204
    with Served(sqlite_url, WAYSTAGE_SECRET_KEY="another") as served:
        assert served.built.database.read(lambda tx: tx.one("SELECT count(*) FROM signing_key")).result() == (1,)
        with pytest.raises(NoKey, match="sealed with another key"):
            secret(served, "mine")


def test_contract_40_keys_are_per_business_unit_and_for_administrators(light_server: Served, light: Api) -> None:
    assert put(light, "mine", {"secret": "hush"}) == 204
    other = stranger(light_server, light)
    assert [other("GET", KEYS).status_code, put(other, "mine", {"secret": "x"})] == [403, 403]
    made = light.done("POST", "/waystage/v1/clients", {"name": "a", "accountId": 2, "scopes": ["waystage_admin"]})
    admin = light_server.client(made["clientId"], made["clientSecret"])
    assert admin.done("GET", KEYS)["count"] == 0
    assert admin("DELETE", f"{KEYS}/mine").status_code == 404
    assert put(admin, "mine", {"secret": "theirs"}) == 204
    assert (secret(light_server, "mine"), secret(light_server, "mine", 2)) == (b"hush", b"theirs")
    for client in (other, admin):
        client.http.close()
