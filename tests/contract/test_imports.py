"""Imports over HTTP (contract, our resources; 20, 39, 40): files of contacts, rows and events in bulk."""

import gzip
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.contract.event_bodies import OBJECTS, ROWS, codes, extension
from tests.contract.served import Api, Served

IMPORTS = "/waystage/v1/imports"
CSV, TSV, NDJSON = "text/csv", "text/tab-separated-values", "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
GUID = "6f1ed002-ab5e-4f5c-9b6c-0123456789ab"
ORDERS = "dataExtension:orders"
J = "/interaction/v1"


def load(api: Api, target: str, body: Any, kind: str = CSV, **more: Any) -> httpx.Response:
    headers = {"content-type": kind, **more.pop("headers", {})}
    return api("POST", IMPORTS, params={"target": target, **more}, content=body, headers=headers)


def loaded(api: Api, target: str, body: Any, kind: str = CSV, **more: Any) -> dict[str, Any]:
    answer = load(api, target, body, kind, **more)
    assert answer.status_code == 201, answer.text
    done: dict[str, Any] = answer.json()
    return done


def counts(done: dict[str, Any]) -> tuple[str, int, int, int]:
    return done["status"], done["rowsRead"], done["rowsStored"], done["rowsRefused"]


def count(server: Served, table: str) -> int:
    row = server.built.database.read(lambda tx: tx.one(f"SELECT count(*) FROM {table}")).result()
    assert row is not None
    return int(row[0])


def row(api: Api, key: str) -> dict[str, Any]:
    values: dict[str, Any] = api.done("PUT", f"{ROWS}/key:orders/rows/Id:{key}", {"values": {}})["values"]
    return values


def refused(api: Api, done: dict[str, Any]) -> list[tuple[int, int]]:
    items = api.done("GET", f"{IMPORTS}/{done['id']}/refused")["items"]
    return [(item["row"], item["errorcode"]) for item in items]


# -- rows of data extensions -----------------------------------------------------------------------------------------


def test_contract_20_rows_are_typed_and_upserted(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    text = 'id,WHO,Total,Paid\r\n1,ann,12.345,yes\r\n2,"bob, ""the"" second",,\r\n'
    done = loaded(api, "dataextension:ORDERS", text)
    assert counts(done) == ("Complete", 2, 2, 0)
    assert UUID(done["id"])
    assert done["target"] == "dataExtension:ORDERS"
    assert row(api, "1") == {"Who": "ann", "Total": 12.35, "Paid": True}
    assert row(api, "2") == {"Who": 'bob, "the" second', "Total": None, "Paid": None}
    assert counts(loaded(api, ORDERS, "Id,Total\n1,7\n")) == ("Complete", 1, 1, 0)
    assert row(api, "1") == {"Who": "ann", "Total": 7.0, "Paid": True}
    assert count(server, "contact") == 2


def test_contract_20_bad_rows_never_stop_a_file(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    rows = [
        "1,ann,1",
        "2,bob",
        "3,cid,lots",
        ",dan,1",
        "5,,1",
        f"6,{'x' * 60},1",
        "7,a\0b,1",
        f"8,{'y' * 200_000},1",
        '9,"gus"x,1',
        "",
        "10,hal,10",
    ]
    done = loaded(api, ORDERS, "\n".join(["Id,Who,Total", *rows]))
    assert counts(done) == ("CompleteWithErrors", 10, 3, 7)
    expected = [(2, 10003), (3, 10001), (5, 10005), (6, 10005), (7, 10001), (8, 10003), (9, 10003)]
    assert refused(api, done) == expected
    assert row(api, "10")["Total"] == 10.0
    report = api.http.get(f"{IMPORTS}/{done['id']}/refused", params={"format": "csv"})
    assert report.headers["content-type"].startswith("text/csv")
    assert report.text.splitlines()[0] == "row,errorcode,message"
    assert len(report.text.splitlines()) == 8
    assert "lots" not in report.text


def test_contract_20_an_open_quote_spoils_what_it_swallows_and_no_more(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    many = "".join(f"{n},c{n},1\n" for n in range(20_000))
    done = loaded(api, ORDERS, f'Id,Who,Total\na,ann,1\nb,"bob,1\n{many}z,zoe,26\n')
    assert done["rowsRefused"] == 1
    assert row(api, "z")["Total"] == 26.0


@pytest.mark.parametrize(
    "text", ["", "\n\n", "\0\1\2PNG", "Nope,Id,Who\n", "Who\nann\n", "Id,id,Who\n", "Id,,Who\n", "{}\n"]
)
def test_contract_20_a_file_that_is_none_is_refused_up_front(light: Api, text: str) -> None:
    light.done("POST", OBJECTS, extension())
    answer = load(light, ORDERS, text, id=GUID)
    assert answer.status_code == 400, answer.text
    told = light.done("GET", f"{IMPORTS}/{GUID}")
    assert counts(told) == ("Failed", 0, 0, 0)
    assert told["message"] == answer.json()["message"]


def test_contract_20_header_alone_byte_order_mark_and_other_forms(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    assert counts(loaded(api, ORDERS, "Id,Who\n")) == ("Complete", 0, 0, 0)
    assert loaded(api, ORDERS, b"\xef\xbb\xbfId,Who\n1,\xc3\x84nn")["rowsStored"] == 1
    assert loaded(api, ORDERS, "Id\tWho\n2\tb\u00e4r\n", TSV)["rowsStored"] == 1
    assert loaded(api, ORDERS, "Id;Who\r3;b\u00e4r\r".encode("latin-1"), f'{CSV}; charset=iso-8859-1; delimiter=";"')
    assert loaded(api, ORDERS, b"Id,Who\n4,\xff\xfe\n5,eve\n")["rowsRefused"] == 1
    assert loaded(api, ORDERS, b"", NDJSON)["rowsRead"] == 0
    assert [row(api, key)["Who"] for key in "1235"] == ["\u00c4nn", "b\u00e4r", "b\u00e4r", "eve"]


def test_contract_20_lines_of_json(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    lines = [
        b'{"Id": "1", "Who": "ann", "Total": 1.005, "Paid": true}',
        b'{"id": "2", "who": "bob"}',
        b'{"Id": "1", "Total": 3}',
        b"[1]",
        b"{nonsense",
        b'{"Id": "4", "Who": "x", "Nope": 1}',
        b'{"Who": "eve"}',
        b'{"Id": "5"}',
        b'{"Id": "6", "Who": "\xff"}',
        b'{"Id": "7", "Who": {"a": 1}}',
        b"",
        b'{"Id": "' + b"8" * 2_000_000 + b'"}',
        b'{"Id": "9", "Who": "ida"}',
    ]
    done = loaded(api, ORDERS, b"\n".join(lines), NDJSON)
    assert counts(done) == ("CompleteWithErrors", 12, 4, 8)
    assert [place for place, _ in refused(api, done)] == [4, 5, 6, 7, 8, 9, 10, 11]
    assert row(api, "1") == {"Who": "ann", "Total": 3.0, "Paid": True}
    assert row(api, "2") == {"Who": "bob", "Total": None, "Paid": False}
    assert row(api, "9")["Who"] == "ida"
    assert load(api, ORDERS, "Id,Who\n1,ann\n", NDJSON).status_code == 400


def test_contract_20_parquet(api: Api) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    fields = [
        {"name": "Id", "type": "Number", "isPrimaryKey": True},
        {"name": "Total", "type": "Decimal", "length": 18, "scale": 2},
        {"name": "Day", "type": "Date"},
        {"name": "Paid", "type": "Boolean"},
        {"name": "Note", "type": "Text"},
    ]
    api.done("POST", OBJECTS, {"name": "p", "key": "p", "fields": fields})
    table = arrow.table(
        {
            "Id": list(range(12_000)),
            "Total": [Decimal("1.25")] * 12_000,
            "Day": [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)] * 12_000,
            "Paid": [True] * 12_000,
            "Note": [None, *["n"] * 11_998, "x\0"],
        }
    )
    file = io.BytesIO()
    parquet.write_table(table, file)
    done = loaded(api, "dataExtension:p", file.getvalue(), PARQUET)
    assert counts(done) == ("CompleteWithErrors", 12_000, 11_999, 1)
    assert refused(api, done)[0][0] == 12_000
    stored = api.done("PUT", f"{ROWS}/key:p/rows/Id:0", {"values": {}})["values"]
    assert stored == {"Total": 1.25, "Day": "2026-01-02T03:04:05", "Paid": True, "Note": None}
    assert load(api, "dataExtension:p", b"PAR1 no", PARQUET).status_code == 400
    assert load(api, "dataExtension:p", file.getvalue()[:-50], PARQUET).status_code == 400


def test_contract_20_parquet_without_its_library(light: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    light.done("POST", OBJECTS, extension())
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    answer = load(light, ORDERS, b"PAR1", PARQUET)
    assert answer.status_code == 415
    assert "waystage[parquet]" in answer.json()["message"]


def test_contract_20_compressed_files(light: Api) -> None:
    light.done("POST", OBJECTS, extension())
    packed = gzip.compress(b"Id,Who\n1,ann\n") + gzip.compress(b"2,bob\n")
    coded = {"content-encoding": "gzip"}
    assert loaded(light, ORDERS, packed, headers=coded)["rowsStored"] == 2
    assert load(light, ORDERS, packed[:-4], headers=coded, id=GUID).status_code == 400
    assert light.done("GET", f"{IMPORTS}/{GUID}")["status"] == "Failed"
    assert load(light, ORDERS, b"Id,Who", headers=coded).status_code == 400
    assert load(light, ORDERS, packed, headers={"content-encoding": "br"}).status_code == 415
    bomb = gzip.compress(b"Id,Who\n" + (b"1," + b"a" * 100_000 + b"\n") * 1_000)
    assert load(light, ORDERS, bomb, headers=coded).status_code == 413


def test_contract_20_the_bound_on_the_size(sqlite_url: str) -> None:
    with Served(sqlite_url, WAYSTAGE_MAX_IMPORT_BYTES="100000") as served:
        api = served.client()
        api.done("POST", OBJECTS, extension())
        text = b"Id,Who\n" + b"".join(b"%d,ann\n" % n for n in range(20_000))
        assert load(api, ORDERS, text).status_code == 413

        def pieces() -> Iterator[bytes]:
            yield text

        assert load(api, ORDERS, pieces()).status_code == 413
        assert loaded(api, ORDERS, text[:1000])["rowsRead"] > 100
        api.http.close()


def test_contract_5_a_key_twice_in_one_slice_and_rows_without_key(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    assert counts(loaded(api, ORDERS, "Id,Who,Total\n1,ann,1\n1,bob,2\n1,ann,3\n")) == ("Complete", 3, 3, 0)
    assert row(api, "1") == {"Who": "ann", "Total": 3.0, "Paid": False}
    api.done("POST", OBJECTS, {"name": "log", "key": "log", "fields": [{"name": "V", "type": "Text"}]})
    loaded(api, "dataExtension:log", "V\na\na\n")
    assert count(server, "row") == 3


def test_contract_5_required_values_count_for_new_rows_only(api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    loaded(api, ORDERS, "Id,Who,Paid\n1,ann,yes\n")
    done = loaded(api, ORDERS, "Id,Total\n1,5\n2,5\n")
    assert refused(api, done) == [(2, 10002)]
    assert row(api, "1") == {"Who": "ann", "Total": 5.0, "Paid": True}


def test_contract_20_many_slices_of_two_imports_at_once(server: Served, api: Api) -> None:
    holder = {"name": "ContactKey", "type": "Text", "length": 50, "isPrimaryKey": True}
    fields = [holder, {"name": "N", "type": "Number"}]
    api.done("POST", OBJECTS, {"name": "a", "key": "a", "sendableCustomObjectField": "ContactKey", "fields": fields})
    text = "ContactKey,N\n" + "".join(f"c{n},{n}\n" for n in range(12_000))
    others = [server.client(), server.client()]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda other: loaded(other, "dataExtension:a", text), others))
    for other in others:
        other.http.close()
    assert [counts(done) for done in found] == [("Complete", 12_000, 12_000, 0)] * 2
    assert (count(server, "row"), count(server, "contact")) == (12_000, 12_000)
    listed = api.done("GET", IMPORTS, params={"$pageSize": 1})
    assert (listed["count"], len(listed["items"])) == (2, 1)


# -- contacts --------------------------------------------------------------------------------------------------------


def contact(server: Served, key: str) -> tuple[Any, ...] | None:
    return server.built.database.read(
        lambda tx: tx.one(f"SELECT {tx.dialect.json_out('data')}, deleted FROM contact WHERE key = :key", key=key)
    ).result()


def test_11_6_contacts_with_attribute_sets(server: Served, api: Api) -> None:
    api.done("POST", OBJECTS, extension())
    text = (
        "contactkey,Email Addresses.Email Address,email demographics.FIRST NAME,"
        "Extension orders.Id,Extension orders.Total\n"
        "ann,ann@example.org,Ann,o1,5\n"
        "bob,nonsense,Bob,o2,5\n"
        "cid,cid@example.org,Cid,,\n"
        ",dan@example.org,Dan,,\n"
        "ann,ann@example.com,Anna,o3,6\n"
    )
    done = loaded(api, "contacts", text)
    assert counts(done) == ("CompleteWithErrors", 5, 3, 2)
    assert refused(api, done) == [(2, 10001), (4, 10005)]
    data, deleted = contact(server, "ann") or ("", 1)
    assert (data.replace(" ", ""), deleted) == (
        '{"EmailAddresses":{"EmailAddress":"ann@example.com"},"EmailDemographics":{"FirstName":"Anna"}}', None,
    )  # fmt: skip
    assert count(server, "row") == 2
    assert row(api, "o3")["Who"] == "ann"
    loaded(api, "contacts", "ContactKey,Email Demographics.Last Name\nann,Lee\n")
    data, _ = contact(server, "ann") or ("", 1)
    assert '"First Name"' in data
    assert '"Lee"' in data
    assert codes(load(api, "contacts", "ContactKey,Nope.Field,Email Addresses.Nope\n")) == [10005, 10005]
    assert load(api, "contacts", "Email Addresses.Email Address\na@b.example\n").status_code == 400


def test_contract_39_an_import_makes_a_deleted_contact_anew(server: Served, api: Api) -> None:
    loaded(api, "contacts", "ContactKey\nann\n")
    api.done(
        "POST",
        "/contacts/v1/contacts/actions/delete?type=keys",
        {"values": ["ann"], "DeleteOperationType": "ContactAndAttributes"},
    )
    assert (contact(server, "ann") or (0, None))[1] is not None
    loaded(api, "contacts", '{"ContactKey": "ann", "Email Demographics.First Name": "Ann"}', NDJSON)
    assert (contact(server, "ann") or (0, 1))[1] is None


# -- events ----------------------------------------------------------------------------------------------------------

SCHEMA = {
    "fields": [
        {"name": "Key", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
        {"name": "Points", "dataType": "Number", "isNullable": False},
        {"name": "Colour", "dataType": "Text", "maxLength": "10", "isNullable": False, "defaultValue": "red"},
    ],
    "sendableCustomObjectField": "Key",
    "sendableSubscriberField": "_SubscriberKey",
}


def define(api: Api) -> None:
    body = {"type": "APIEvent", "name": "Signed up", "eventDefinitionKey": "signup", "schema": SCHEMA}
    api.done("POST", f"{J}/eventDefinitions", body)


def rows_of(server: Served) -> list[tuple[Any, ...]]:
    return server.built.database.read(
        lambda tx: tx.rows(f"SELECT key, {tx.dialect.json_out('data')} FROM row ORDER BY key")
    ).result()


def test_7_1_each_row_enters_as_an_event(server: Served, api: Api) -> None:
    define(api)
    text = "ContactKey,Points,Ignored\nann,1,x\nbob,,x\ncid,many,x\n,4,x\nann,5,x\n"
    done = loaded(api, "event:SIGNUP", text)
    assert counts(done) == ("CompleteWithErrors", 5, 2, 3)
    assert refused(api, done) == [(2, 10002), (3, 10001), (4, 10005)]
    lines = (
        '{"Key": "dan", "points": 7, "Colour": null}\n{"ContactKey": "eve", "Key": "ann", "Points": 1}\n{"Points": 2}'
    )
    done = loaded(api, "event:signup", lines, NDJSON)
    assert refused(api, done) == [(2, 10005), (3, 10002)]
    api.done("POST", "/waystage/v1/engine/settle", {})
    stored = [(key, data.replace(" ", "")) for key, data in rows_of(server)]
    assert [key for key, _ in stored] == ['["ann"]', '["dan"]']
    assert '"Points":5' in stored[0][1]
    assert '"Colour":"red"' in stored[1][1]
    assert load(api, "event:none", text).status_code == 400


# -- going on, scopes, strangers -------------------------------------------------------------------------------------


def wait_for_rows(api: Api, least: int) -> dict[str, Any]:
    while True:
        answer = api("GET", f"{IMPORTS}/{GUID}")
        if answer.status_code == 200 and answer.json()["rowsRead"] >= least:
            told: dict[str, Any] = answer.json()
            return told


def test_contract_20_an_import_goes_on_after_a_lost_connection(server: Served, api: Api) -> None:
    define(api)
    text = "ContactKey,Points\n" + "".join(f"c{n},{n}\n" for n in range(23_456))
    half = len(text) // 2
    other = server.client()

    def broken() -> Iterator[bytes]:
        yield text[:half].encode()
        told = wait_for_rows(other, 5_000)
        assert told["status"] == "Running"
        assert load(other, "event:signup", text, id=GUID).status_code == 409
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        load(api, "event:signup", broken(), id=GUID.upper())
    while (told := other.done("GET", f"{IMPORTS}/{GUID}"))["status"] == "Running":
        pass
    assert told["status"] == "Interrupted"
    assert 5_000 <= told["rowsStored"] < 23_456
    assert load(other, "contacts", text, id=GUID).status_code == 409
    assert load(other, "event:signup", "ContactKey,Points\nann,1\n", id=GUID).status_code == 409
    done = loaded(other, "event:signup", text, id=GUID)
    assert counts(done) == ("Complete", 23_456, 23_456, 0)
    assert load(other, "event:signup", text, id=GUID).status_code == 409
    other.done("POST", "/waystage/v1/engine/settle", {})
    assert (count(server, "inbox"), count(server, "row")) == (0, 23_456)
    sequence = server.built.database.read(
        lambda tx: tx.rows("SELECT sum(next - 1) FROM lane_counter WHERE name = 'row'")
    )
    assert sequence.result()[0][0] == 23_456
    other.http.close()


def test_contract_40_scopes_follow_the_target(light_server: Served, light: Api) -> None:
    light.done("POST", OBJECTS, extension())
    define(light)
    targets = {"contacts": "ContactKey\nann\n", ORDERS: "Id,Who\n1,ann\n", "event:signup": "ContactKey,Points\nann,1\n"}
    needed = {
        "list_and_subscribers_write": "contacts", "data_extensions_write": ORDERS, "journeys_read": "event:signup",
        "list_and_subscribers_read": "", "waystage_admin": "",
    }  # fmt: skip
    for scope, target in needed.items():
        made = light.done("POST", "/waystage/v1/clients", {"name": scope, "accountId": 1, "scopes": [scope]})
        api = light_server.client(made["clientId"], made["clientSecret"])
        for name, text in targets.items():
            assert load(api, name, text).status_code == (201 if name == target else 403), (scope, name)
        api.http.close()
    seen = {
        "journeys_read": 3, "list_and_subscribers_read": 1, "data_extensions_read": 1, "data_extensions_write": None,
    }  # fmt: skip
    ids = [item["id"] for item in light.done("GET", IMPORTS)["items"]]
    for scope, many in seen.items():
        made = light.done("POST", "/waystage/v1/clients", {"name": scope, "accountId": 1, "scopes": [scope]})
        api = light_server.client(made["clientId"], made["clientSecret"])
        listed = api("GET", IMPORTS)
        assert listed.status_code == (403 if many is None else 200)
        assert many is None or listed.json()["count"] == many
        assert sum(api("GET", f"{IMPORTS}/{one}").status_code == 200 for one in ids) == (many or 0)
        api.http.close()


def test_contract_40_imports_of_another_business_unit_do_not_exist(light_server: Served, light: Api) -> None:
    light.done("POST", OBJECTS, extension())
    loaded(light, ORDERS, "Id,Who\n1,ann\n", id=GUID)
    body = {
        "name": "other",
        "accountId": 2,
        "scopes": ["journeys_read", "data_extensions_write", "list_and_subscribers_write"],
    }
    made = light.done("POST", "/waystage/v1/clients", body)
    other = light_server.client(made["clientId"], made["clientSecret"])
    assert other("GET", f"{IMPORTS}/{GUID}").status_code == 404
    assert other("GET", f"{IMPORTS}/{GUID}/refused").status_code == 404
    assert other.done("GET", IMPORTS)["count"] == 0
    assert load(other, ORDERS, "Id,Who\n1,ann\n").status_code == 404
    assert loaded(other, "contacts", "ContactKey\nann\n", id=GUID)["rowsStored"] == 1
    other.http.close()


def test_contract_20_wrong_calls(light: Api) -> None:
    for target in ("", "contact", "contacts:x", "dataExtension", "event:"):
        assert load(light, target, "ContactKey\n").status_code == 400, target
    assert load(light, "contacts", "ContactKey\n", id="no").status_code == 400
    for kind in ("application/json", "text/plain", f"{CSV}; charset=utf-7"):
        assert load(light, "contacts", "ContactKey\n", kind).status_code == 415, kind
    assert load(light, "contacts", "ContactKey\n", f"{CSV}; delimiter=ab").status_code == 400
    assert load(light, "dataExtension:none", "Id\n").status_code == 404
    assert light("GET", f"{IMPORTS}/{GUID}").status_code == 404
    assert light("GET", f"{IMPORTS}/nonsense").status_code == 404
