"""SOAP at /Service.asmx: every call that published clients make, in their own words (clients.md 5)."""

import re

import httpx

from tests.contract.enveloping import (
    API,
    PATH,
    asking,
    changing,
    envelope,
    fault_of,
    joined,
    post,
    retrieve,
    said,
    simple,
)
from tests.contract.mailing import SETTLE
from tests.contract.served import Api, Served

DEFINITIONS = "/interaction/v1/eventDefinitions"
OBJECTS = "/data/v1/customobjects"
FOLDER = ["ID", "CustomerKey", "Name", "ContentType", "ParentFolder.ID", "Client.ID", "IsActive", "IsEditable"]
USER = ["AccountUserID", "UserID", "CustomerKey", "Name", "Email", "ActiveFlag", "MustChangePassword"]
EVERYWHERE = "<QueryAllAccounts>true</QueryAllAccounts>"
FIELDS = [
    "CustomerKey", "DataExtension.CustomerKey", "DefaultValue", "FieldType", "IsPrimaryKey", "IsRequired",
    "MaxLength", "Name", "Ordinal", "Scale", "ObjectID",
]  # fmt: skip
SCHEMA = {
    "fields": [
        {"name": "ContactId", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
        {"name": "Amount", "dataType": "Decimal", "maxLength": "6,3"},
        {"name": "Mail", "dataType": "EmailAddress", "defaultValue": "a@example.com"},
    ],
    "sendableCustomObjectField": "ContactId",
    "sendableSubscriberField": "_SubscriberKey",
}
CREATED = (
    "<CustomerKey>loans</CustomerKey><Name>Loans &amp; &lt;more&gt;</Name><IsSendable>true</IsSendable>"
    "<SendableDataExtensionField><Name>Who</Name></SendableDataExtensionField><Fields>"
    "<Field><Name>Who</Name><FieldType>Text</FieldType><MaxLength>50</MaxLength><IsRequired>true</IsRequired>"
    "<IsPrimaryKey>true</IsPrimaryKey></Field>"
    "<Field><Name>Sum</Name><FieldType>Decimal</FieldType><MaxLength>9</MaxLength><Scale>2</Scale></Field>"
    "</Fields>"
)


def shelf(api: Api, key: str, name: str = "", fields: int = 1) -> str:
    columns = [{"name": f"F{number}", "type": "Text", "length": 10} for number in range(fields)]
    made = api.done("POST", OBJECTS, {"name": name or f"Shelf {key}", "key": key, "fields": columns})
    return str(made["id"])


def test_5_the_folder_of_journeys(api: Api) -> None:
    found = retrieve(api, "DataFolder", FOLDER, simple("ContentType", "equals", "journey"))
    (root,) = found.rows
    assert found.text("RequestID")
    assert (root["ID"], root["ContentType"], root["ParentFolder"], root["Client"]) == (
        "1", "journey", {"ID": "0"}, {"ID": "1"},
    )  # fmt: skip
    assert (root["IsActive"], root["IsEditable"]) == ("true", "false")
    assert re.search('<Results xsi:type="DataFolder"><ID>1</ID><CustomerKey>', found.answer.text)
    kinds = ("contextual_suppression_list", "list", "mysubs", "publication", "suppression_list")
    lists = retrieve(api, "DataFolder", ["ContentType"], simple("ContentType", "IN", *kinds)).rows
    assert sorted(row["ContentType"] for row in lists) == sorted(kinds)


def test_5_folders_that_were_made_by_either_way(api: Api) -> None:
    made = changing(
        api, "Create", "<Name>Mine</Name><ParentFolder><ID>1</ID></ParentFolder><ContentType>journey</ContentType>",
        kind="DataFolder",
    ).results[0]  # fmt: skip
    assert made["StatusCode"] == "OK"
    below = api.done("POST", "/email/v1/category", {"name": "Below", "parentCatId": int(made["NewID"])})
    rows = retrieve(api, "DataFolder", ["ID", "Name", "ParentFolder.Name"], simple("ParentFolder.ID", "isNotNull")).rows
    names = {row["ID"]: (row["Name"], row.get("ParentFolder")) for row in rows}
    assert names[made["NewID"]] == ("Mine", {"Name": "my journeys"})
    assert names[str(below["categoryId"])] == ("Below", {"Name": "Mine"})
    renamed = changing(api, "Update", f"<ID>{made['NewID']}</ID><Name>Yours</Name>", kind="DataFolder")
    assert renamed.text("OverallStatus") == "OK"
    refused = changing(api, "Update", "<ID>1</ID><Name>Yours</Name>", kind="DataFolder").results[0]
    assert (refused["StatusCode"], "root" in refused["StatusMessage"]) == ("Error", True)
    assert [row["Name"] for row in retrieve(api, "DataFolder", ["Name"], simple("Name", "equals", "yours")).rows] == [
        "Yours"
    ]


def test_5_users_are_those_who_made_things(api: Api) -> None:
    event = api.done(
        "POST", DEFINITIONS, {"type": "APIEvent", "name": "E", "eventDefinitionKey": "e", "schema": SCHEMA}
    )
    mail = simple("Email", "like", "@", tag="RightOperand")
    active, gone = (
        joined("AND", simple("ActiveFlag", "equals", word, tag="LeftOperand"), mail) for word in ("true", "false")
    )
    users = retrieve(api, "AccountUser", USER, active, EVERYWHERE).rows
    assert str(event["createdBy"]) in {user["AccountUserID"] for user in users}
    assert list(users[0]) == USER
    assert (users[0]["Name"], users[0]["MustChangePassword"]) == ("Configured client", "false")
    assert retrieve(api, "AccountUser", USER, gone, EVERYWHERE).rows == []
    made = api.done("POST", "/waystage/v1/clients", {"name": "temp", "accountId": 1, "scopes": ["journeys_read"]})
    api.http.delete(f"/waystage/v1/clients/{made['clientId']}").raise_for_status()
    assert retrieve(api, "AccountUser", USER, gone, EVERYWHERE).names == ["temp"]
    installed = joined(
        "OR", simple("Email", "isNull", tag="LeftOperand"), simple("Name", "like", " app user", tag="RightOperand"),
        "RightOperand",
    )  # fmt: skip
    outer = joined("AND", simple("ActiveFlag", "equals", "true", tag="LeftOperand"), installed, "LeftOperand")
    third = joined("AND", outer, simple("MustChangePassword", "equals", "false", tag="RightOperand"))
    assert retrieve(api, "AccountUser", USER, third, EVERYWHERE).rows == []


def test_5_the_business_unit(api: Api) -> None:
    names = ["Name", "ID", "ParentName", "ParentID", "IsActive"]
    (unit,) = retrieve(api, "BusinessUnit", names, more=EVERYWHERE).rows
    assert unit == {"Name": "Business unit 1", "ID": "1", "ParentName": "", "ParentID": "0", "IsActive": "true"}


def test_5_of_every_other_type_there_is_nothing(light: Api) -> None:
    test = simple("TriggeredSendStatus", "IN", "New", "Active", "Inactive", "Moved", "Canceled")
    for kind in (
        "TriggeredSendDefinition",
        "List",
        "Email",
        "SendClassification",
        "SenderProfile",
        "Program",
        "Unheard",
    ):
        found = retrieve(light, kind, ["ObjectID", "CustomerKey", "Name"], test)
        assert (found.text("OverallStatus"), found.rows) == ("OK", []), kind


def test_5_data_extensions_and_their_fields(api: Api) -> None:
    event = api.done(
        "POST", DEFINITIONS, {"type": "APIEvent", "name": "E", "eventDefinitionKey": "e", "schema": SCHEMA}
    )
    names = [
        "ObjectID", "CustomerKey", "Name", "CategoryID", "IsSendable", "SendableDataExtensionField.Name", "IsTestable",
        "SendableSubscriberField.Name", "Description", "CreatedDate", "ModifiedDate", "Unknown",
    ]  # fmt: skip
    (row,) = retrieve(api, "DataExtension", names).rows
    assert row["ObjectID"] == row["CustomerKey"] == event["dataExtensionId"]
    assert (row["Name"], row["CategoryID"]) == (event["dataExtensionName"], "2")
    assert row["SendableDataExtensionField"] == {"Name": "ContactId"}
    assert row["CreatedDate"] == row["ModifiedDate"] == event["createdDate"]
    test = simple("DataExtension.CustomerKey", "equals", row["CustomerKey"])
    fields = retrieve(api, "DataExtensionField", FIELDS, test).rows
    assert [field["Name"] for field in fields] == ["ContactId", "Amount", "Mail"]
    key = row["CustomerKey"]
    assert fields[0] == {
        "CustomerKey": f"[{key}].[ContactId]", "DataExtension": {"CustomerKey": key}, "DefaultValue": "",
        "FieldType": "Text", "IsPrimaryKey": "true", "IsRequired": "true", "MaxLength": "50", "Name": "ContactId",
        "Ordinal": "0", "ObjectID": fields[0]["ObjectID"],
    }  # fmt: skip
    assert (fields[1]["MaxLength"], fields[1]["Scale"], fields[1]["IsRequired"]) == ("6", "3", "false")
    assert (fields[2]["MaxLength"], fields[2]["DefaultValue"]) == ("254", "a@example.com")
    (one,) = retrieve(api, "DataExtensionField", ["Name"], simple("CustomerKey", "equals", f"[{key}].[Mail]")).rows
    assert one == {"Name": "Mail"}
    assert retrieve(api, "DataExtensionTemplate", ["Name", "CustomerKey", "ObjectID"]).names == ["Event DE Template"]


def test_5_a_renamed_data_extension_stays_that_of_its_event(api: Api) -> None:
    """What mcdev does when it deploys an event with a schema: the whole row goes back under another key and name."""
    body = {"type": "APIEvent", "name": "Sign-up", "eventDefinitionKey": "signup", "schema": SCHEMA}
    guid = api.done("POST", DEFINITIONS, body)["dataExtensionId"]
    row = (
        f"<ObjectID>{guid}</ObjectID><CustomerKey>signups</CustomerKey><Name>Sign-ups</Name><Description></Description>"
        "<IsSendable>true</IsSendable><IsTestable>false</IsTestable><SendableDataExtensionField><ObjectID></ObjectID>"
        "<Name>ContactId</Name></SendableDataExtensionField><SendableSubscriberField><Name>_SubscriberKey</Name>"
        "</SendableSubscriberField><CategoryID>2</CategoryID>"
    )
    changed = changing(api, "Update", row)
    assert changed.text("OverallStatus") == "OK"
    result = changed.results[0]
    assert (result["StatusCode"], result["OrdinalID"], result["Object"]["CustomerKey"]) == ("OK", "0", "signups")
    found = api.done("GET", f"{DEFINITIONS}/key:signup")
    assert (found["dataExtensionId"], found["dataExtensionName"]) == (guid, "Sign-ups")
    assert api.done("GET", f"{OBJECTS}/{guid}")["key"] == "signups"
    fired = {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": {"ContactId": "ann"}}
    api.done("POST", "/interaction/v1/events", fired)
    api.done("POST", SETTLE, {"timeoutSeconds": 30})
    assert api.done("GET", "/data/v1/customobjectdata/key/signups/rowset")["count"] == 1
    assert changing(api, "Update", row).text("OverallStatus") == "OK"
    assert retrieve(api, "DataExtension", ["Name"], simple("CustomerKey", "equals", "SIGNUPS")).names == ["Sign-ups"]
    changes = api.done("GET", "/waystage/v1/audit?kind=dataExtension")["items"]
    assert [change["action"] for change in changes] == ["Modify", "Create"]


def test_5_what_an_update_cannot_do(api: Api) -> None:
    guid = shelf(api, "one")
    shelf(api, "two")
    refused = {
        "<ObjectID>0d0dbb0c-0000-4000-8000-000000000000</ObjectID><Name>x</Name>": "not found",
        "<CustomerKey>none</CustomerKey><Name>x</Name>": "not found",
        "<Name>x</Name>": "not found",
        "<ObjectID>no guid</ObjectID>": "not found",
        f"<ObjectID>{guid}</ObjectID><CustomerKey>TWO</CustomerKey>": "exists already",
        f"<ObjectID>{guid}</ObjectID><Name>SHELF two</Name>": "exists already",
        f"<ObjectID>{guid}</ObjectID><Name>Email Addresses</Name>": "built-in",
        f"<ObjectID>{guid}</ObjectID><Name> </Name>": "name is required",
        f"<ObjectID>{guid}</ObjectID><Name>{'x' * 201}</Name>": "longer than 200",
        f"<ObjectID>{guid}</ObjectID><IsSendable>true</IsSendable>": "never changes",
        f"<ObjectID>{guid}</ObjectID><IsSendable>perhaps</IsSendable>": "true or false",
        f"<ObjectID>{guid}</ObjectID><CategoryID>x</CategoryID>": "whole number",
        f"<ObjectID>{guid}</ObjectID><Fields><Field><Name>F9</Name></Field></Fields>": "never change",
        f"<ObjectID>{guid}</ObjectID><Fields><Field><Name>F0</Name><MaxLength>11</MaxLength></Field></Fields>": "never",
        f"<ObjectID>{guid}</ObjectID><Fields><Field></Field></Fields>": "required",
    }
    before = api.done("GET", f"{OBJECTS}/{guid}")
    for inside, why in refused.items():
        answer = changing(api, "Update", inside)
        result = answer.results[0]
        assert (answer.text("OverallStatus"), result["StatusCode"]) == ("Error", "Error"), inside
        assert why in result["StatusMessage"], (inside, result)
    assert api.done("GET", f"{OBJECTS}/{guid}") == before
    same = "<CustomerKey>one</CustomerKey><Fields><Field><Name>f0</Name><FieldType>Text</FieldType></Field></Fields>"
    mixed = changing(api, "Update", "<CustomerKey>none</CustomerKey>", same)
    assert mixed.text("OverallStatus") == "Has Errors"
    assert [one["StatusCode"] for one in mixed.results] == ["Error", "OK"]


def test_a_data_extension_that_a_running_journey_names_keeps_its_name(api: Api) -> None:
    body = {"type": "APIEvent", "name": "E", "eventDefinitionKey": "signup", "schema": SCHEMA}
    api.done("POST", DEFINITIONS, body)
    fields = [{"name": "Who", "type": "Text", "length": 9, "isPrimaryKey": True}]
    blocked = {"name": "Blocked", "key": "closed", "isSendable": True, "sendableCustomObjectField": "Who"}
    guid = api.done("POST", OBJECTS, blocked | {"fields": fields})["id"]
    wait = {"key": "w", "name": "w", "type": "WAIT", "outcomes": [{"key": "o"}],
            "configurationArguments": {"waitDuration": 9, "waitUnit": "DAYS"}}  # fmt: skip
    journey = {
        "key": "j", "name": "j", "workflowApiVersion": 1.0, "activities": [wait],
        "triggers": [{"key": "t", "name": "t", "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"}}],
        "metaData": {"mine": {"list": "Blocked"}},
    }  # fmt: skip
    api.done("POST", "/interaction/v1/interactions", journey)
    job = api.done("POST", "/interaction/v1/interactions/publishAsync/key:j?versionNumber=1", {})
    while (status := api.done("GET", job["statusUrl"])["status"]) == "PublishInProcess":
        pass
    assert status == "PublishCompleted"
    renamed = f"<ObjectID>{guid}</ObjectID><Name>Barred</Name>"
    refused = changing(api, "Update", renamed).results[0]
    assert (refused["StatusCode"], refused["ErrorCode"]) == ("Error", "30001")
    assert (
        changing(api, "Update", f"<ObjectID>{guid}</ObjectID><CustomerKey>b2</CustomerKey>").text("OverallStatus")
        == "OK"
    )
    api.done("POST", "/interaction/v1/interactions/stop/key:j?versionNumber=1", {})
    assert changing(api, "Update", renamed).text("OverallStatus") == "OK"


def test_5_create_and_delete_a_data_extension(api: Api) -> None:
    made = changing(api, "Create", CREATED)
    result = made.results[0]
    assert (made.text("OverallStatus"), result["StatusCode"]) == ("OK", "OK")
    found = api.done("GET", f"{OBJECTS}/{result['NewObjectID']}")
    assert (found["key"], found["name"], found["isSendable"]) == ("loans", "Loans & <more>", True)
    assert [(one["name"], one["type"], one["length"], one["isNullable"]) for one in found["fields"]] == [
        ("Who", "Text", 50, False), ("Sum", "Decimal", 9, True),
    ]  # fmt: skip
    assert found["fields"][1]["scale"] == 2
    again = changing(api, "Create", CREATED, "<Name>no fields</Name>", CREATED.replace("Decimal", "Colour"))
    assert again.text("OverallStatus") == "Error"
    why = ("exists already", "at least one field", "no field type")
    assert all(part in one["StatusMessage"] for part, one in zip(why, again.results, strict=True)), again.results
    gone = changing(api, "Delete", "<CustomerKey>loans</CustomerKey>")
    assert gone.results[0]["Object"] == {"ObjectID": result["NewObjectID"], "CustomerKey": "loans"}
    assert changing(api, "Delete", "<CustomerKey>loans</CustomerKey>").text("OverallStatus") == "Error"
    api.done("POST", DEFINITIONS, {"type": "APIEvent", "name": "E", "eventDefinitionKey": "e", "schema": SCHEMA})
    (used,) = retrieve(api, "DataExtension", ["ObjectID"]).rows
    refused = changing(api, "Delete", f"<ObjectID>{used['ObjectID']}</ObjectID>").results[0]
    assert "used by an event definition" in refused["StatusMessage"]


def test_5_describe(light: Api) -> None:
    def asked(*kinds: str) -> str:
        each = "".join(
            f"<ObjectDefinitionRequest><ObjectType>{one}</ObjectType></ObjectDefinitionRequest>" for one in kinds
        )
        return f'<DefinitionRequestMsg xmlns="{API}"><DescribeRequests>{each}</DescribeRequests></DefinitionRequestMsg>'

    found = said(post(light, asked("dataextension"), "Describe"))
    assert found.text("ObjectDefinition/ObjectType") == "DataExtension"
    assert found.answer.text.count("<IsRetrievable>true</IsRetrievable>") > 10
    assert "<Name>SendableSubscriberField.Name</Name><DataType>String</DataType>" in found.answer.text
    assert said(post(light, asked("Email"), "Describe")).text("ObjectDefinition/ObjectType") == "Email"
    for kinds in ([], ["<x/>"], ["a b"], ["Email"] * 101):
        assert post(light, asked(*kinds), "Describe").status_code == 400


def test_5_what_is_not_there_is_said_in_a_well_formed_answer(light: Api) -> None:
    for verb in ("Perform", "Schedule", "Configure", "Execute"):
        found = said(post(light, f'<{verb}RequestMsg xmlns="{API}"><Action>Start</Action></{verb}RequestMsg>', verb))
        assert found.message.tag.endswith(f"}}{verb}ResponseMsg")
        assert found.text("OverallStatus") == "Error"
        assert found.results[0]["StatusMessage"] == f"{verb} is not supported by this server."
    other = changing(light, "Create", "<Name>x</Name>", kind="AccountUser")
    assert "'AccountUser'" in other.results[0]["StatusMessage"]


def test_1_8_paths_as_clients_join_them(light: Api) -> None:
    for path in (PATH, "/service.asmx", "//Service.asmx", "/SERVICE.ASMX", "/Service.asmx/"):
        assert said(post(light, asking("DataFolder", ["ID"]), path=path)).rows, path


def test_2_the_address_of_soap_is_the_one_in_the_token_answer(light_server: Served, light: Api) -> None:
    sent = {"grant_type": "client_credentials", "client_id": "contract-client", "client_secret": "contract-secret"}
    token = httpx.post(f"{light_server.address}/v2/token", json=sent).json()
    body = envelope(asking("DataFolder", ["ID"]), token["access_token"])
    address = token["soap_instance_url"] + "service.asmx"
    assert said(httpx.post(address, content=body, headers={"Content-Type": "text/xml"})).rows


def test_5_without_a_good_token_the_fault_is_the_one_that_renews_it(light_server: Served, light: Api) -> None:
    message = asking("DataFolder", ["ID"])
    for token in ("", "no such token", "x" * 2_000, "\N{SNOWMAN}", "a\r\nb"):
        answer = post(light, message, token=token)
        assert (answer.status_code, fault_of(answer)) == (500, "Token Expired")
    # the Authorization header counts where the envelope has no token
    body = envelope(message, "").replace(b'<fueloauth xmlns="http://exacttarget.com"></fueloauth>', b"")
    assert said(light.http.post(PATH, content=body, headers={"Content-Type": "text/xml"})).rows
    made = light.done("POST", "/waystage/v1/clients", {"name": "t", "accountId": 1, "scopes": ["journeys_read"]})
    theirs = light_server.client(made["clientId"], made["clientSecret"])
    assert said(post(theirs, message)).rows
    light.http.delete(f"/waystage/v1/clients/{made['clientId']}").raise_for_status()
    assert fault_of(post(theirs, message)) == "Token Expired"


def test_every_call_asks_for_its_scope(light_server: Served, light: Api) -> None:
    shelf(light, "one")
    journeys = light_server.client(scope="journeys_read")
    rows = light_server.client(scope="data_extensions_read")
    target = '<Objects xsi:type="DataExtension"><CustomerKey>one</CustomerKey></Objects>'
    change = f'<UpdateRequest xmlns="{API}">{target}</UpdateRequest>'
    refused = [
        (journeys, asking("DataExtension", ["Name"])),
        (journeys, asking("DataExtensionField", ["Name"])),
        (rows, asking("DataFolder", ["Name"])),
        (rows, asking("AccountUser", ["Name"])),
        (rows, asking("List", ["Name"])),
        (rows, change),
        (journeys, change.replace("Update", "Create")),
        (journeys, change.replace("Update", "Delete")),
        (rows, change.replace("Update", "Create").replace("DataExtension", "DataFolder")),
    ]
    for api, message in refused:
        answer = post(api, message)
        assert (answer.status_code, fault_of(answer)) == (403, "Insufficient privileges to complete this action.")
    folder = '<Objects xsi:type="DataFolder"><Name>Mine</Name><ParentFolder><ID>1</ID></ParentFolder></Objects>'
    assert post(journeys, f'<CreateRequest xmlns="{API}">{folder}{target}</CreateRequest>').status_code == 403
    assert "Mine" not in retrieve(journeys, "DataFolder", ["Name"]).names
    assert retrieve(rows, "DataExtension", ["Name"]).names == ["Shelf one"]
    assert light.done("GET", OBJECTS)["count"] == 1
