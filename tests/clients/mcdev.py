"""mcdev in a project of its own: its commands on journeys and event definitions, looked at on the server afterwards."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients import bodies
from tests.clients.calling import ClientFailure, node, run, told
from tests.clients.installing import Installed
from tests.clients.serving import ACCOUNT_ID, AUTH_URL, CLIENT_ID, CLIENT_SECRET, Place

I = "/interaction/v1/interactions"  # noqa: E741 - as in life.cjs
D = "/interaction/v1/eventDefinitions"
BU = "local/main"
COLOUR = re.compile(r"\x1b\[\d+m")
PARENT = "_ParentBU_"
KEY, EVENT_KEY = "Mcdev-Journey", "Mcdev-Event"


@dataclass(frozen=True)
class Project:
    """A folder with mcdev's settings, in which the command runs."""

    installed: Installed
    place: Place
    folder: Path

    def mcdev(self, *words: str, says: str = "", code: int = 0) -> None:
        """Run a command; it must end with this code, without an error line if that is 0, and say this."""
        program = self.installed.modules / "mcdev" / "lib" / "cli.js"
        command = [*node(self.installed, program), *words, "--skipInteraction", "--noLogColors", "--noLogFile"]
        output = COLOUR.sub("", run(command, self.folder, self._settings, code))
        if says not in output or (code == 0 and " error: " in output):
            shown = f"mcdev {' '.join(words)}"
            raise ClientFailure(f"{shown} ended with {code} but did not say {says!r}, or said more:\n{output}")
        told(f"mcdev {' '.join(words)}{'' if code == 0 else ' (refused, as it has to be)'}")

    @property
    def _settings(self) -> dict[str, str]:
        return {
            "WAYSTAGE_ADDRESS": self.place.address,
            "XDG_CONFIG_HOME": str(self.folder / "sessions"),  # tokens of an earlier server would be sent to this one
            "NO_UPDATE_NOTIFIER": "1",
            "NODE_NO_WARNINGS": "1",
        }

    def file(self, root: str, kind: str, key: str) -> Path:
        """Where a definition lies, below retrieve or deploy."""
        return self.folder / root / BU / kind / f"{key}.{kind}-meta.json"

    def write(self, kind: str, key: str, body: dict[str, Any]) -> None:
        """Put a definition where `deploy` takes it from."""
        path = self.file("deploy", kind, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(body, indent=4), encoding="utf-8")

    def read(self, kind: str, key: str) -> dict[str, Any]:
        """What `retrieve` has written."""
        found: dict[str, Any] = json.loads(self.file("retrieve", kind, key).read_text(encoding="utf-8"))
        return found

    def journey(self, **query: Any) -> dict[str, Any]:
        """The journey on the server."""
        found: dict[str, Any] = self.place.done("GET", f"{I}/key:{KEY}", **query)
        return found


def mcdev(installed: Installed, place: Place, scratch: Path) -> None:
    """Deploy, change, publish, halt, audit and delete."""
    project = Project(installed, place, scratch)
    _set_up(project)
    for part in (_deployed, _retrieved, _redeployed, _published, _next_version, _halted, _deleted, _reloaded, _refused):
        part(project)


def _set_up(project: Project) -> None:
    boilerplate = project.installed.modules / "mcdev" / "boilerplate" / "config.json"
    package = project.installed.modules / "mcdev" / "package.json"
    settings = json.loads(boilerplate.read_text(encoding="utf-8"))
    settings["version"] = json.loads(package.read_text(encoding="utf-8"))["version"]
    settings["credentials"] = {"local": {"eid": ACCOUNT_ID, "businessUnits": {"main": ACCOUNT_ID}}}
    settings["metaDataTypes"]["retrieve"] = settings["metaDataTypes"]["createDeltaPkg"] = ["event", "journey"]
    login = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "auth_url": AUTH_URL, "account_id": ACCOUNT_ID}
    for name, body in ((".mcdevrc.json", settings), (".mcdev-auth.json", {"local": login})):
        (project.folder / name).write_text(json.dumps(body, indent=4), encoding="utf-8")


def _deployed(project: Project) -> None:
    project.write("event", EVENT_KEY, bodies.definition(EVENT_KEY))
    project.mcdev("deploy", BU, "event", EVENT_KEY)
    body = bodies.journey(KEY, EVENT_KEY) | {"r__folder_Path": "my journeys"}
    body["triggers"][0]["metaData"] = {"r__event_key": EVENT_KEY}  # mcdev puts the server's id in its place
    project.write("journey", KEY, body)
    project.mcdev("deploy", BU, "journey", KEY)
    made = project.journey()
    assert (made["version"], made["status"]) == (1, "Draft")
    assert [one["key"] for one in made["activities"]] == [one["key"] for one in body["activities"]]


def _retrieved(project: Project) -> None:
    for words in (("event",), ("event", EVENT_KEY), ("journey",), ("journey", KEY)):
        project.mcdev("retrieve", BU, *words)
    project.mcdev("retrieve", BU, "journey", f"id:{project.journey()['id']}")
    project.mcdev("retrieve", BU, "journey", f"name:{project.journey()['name']}")
    activities = project.read("journey", KEY)["activities"]
    assert [one["key"] for one in activities] == ["DAY", "MAIL"]
    assert project.read("event", EVENT_KEY)["schema"]["fields"]


def _redeployed(project: Project) -> None:
    before = project.journey()["modifiedDate"]
    project.write("journey", KEY, project.read("journey", KEY))
    project.mcdev("deploy", BU, "journey", KEY)
    assert project.journey()["modifiedDate"] == before, "an unchanged journey is not modified"
    project.write("journey", KEY, project.read("journey", KEY) | {"name": "Renamed"})
    project.mcdev("deploy", BU, "journey", KEY)
    assert project.journey()["name"] == "Renamed"
    project.write("event", EVENT_KEY, project.read("event", EVENT_KEY))
    project.mcdev("deploy", BU, "event", EVENT_KEY)


def _published(project: Project) -> None:
    project.mcdev("validate", BU, "journey", KEY)
    project.mcdev("publish", BU, "journey", KEY)
    assert project.journey()["status"] == "Published"
    event = {"ContactKey": "Mcdev-Ada", "EventDefinitionKey": EVENT_KEY, "Data": bodies.DATA}
    project.place.done("POST", "/interaction/v1/events", event)
    project.place.done("POST", "/waystage/v1/engine/settle", {"timeoutSeconds": 30})
    project.place.done("POST", "/waystage/v1/clock/advance", {"by": "P1DT1H"})
    assert project.place.done("GET", "/waystage/v1/messages", contactKey="Mcdev-Ada")["count"] == 1


def _next_version(project: Project) -> None:
    project.write("journey", KEY, project.read("journey", KEY) | {"name": "Renamed again"})
    project.mcdev("deploy", BU, "journey", KEY, "--publish")
    versions = project.place.done("GET", I, key=KEY, mostRecentVersionOnly="false")["items"]
    assert {one["version"] for one in versions} == {1, 2}
    assert project.journey()["status"] == "Published"


def _halted(project: Project) -> None:
    project.mcdev("refresh", BU, "journey", KEY)
    steps: tuple[tuple[str, str], ...] = (("pause", "Paused"), ("resume", "Published"), ("stop", "Stopped"))
    for word, status in steps:
        project.mcdev(word, BU, "journey", KEY)
        assert project.journey(versionNumber=2)["status"] == status
    assert project.journey(versionNumber=1)["status"] == "Unpublished"
    project.mcdev("stop", BU, "journey", f"{KEY}/*")
    assert project.journey(versionNumber=1)["status"] == "Stopped"
    project.mcdev("audit", BU, "-m", f"journey:{KEY}")


def _deleted(project: Project) -> None:
    project.mcdev("delete", BU, "journey", f"{KEY}/2")
    assert project.journey()["version"] == 1
    project.mcdev("delete", BU, "journey", f"{KEY}/*")
    project.mcdev("delete", BU, "event", EVENT_KEY)
    for path in (f"{I}/key:{KEY}", f"{D}/key:{EVENT_KEY}"):
        assert project.place.http.get(path).status_code == 404


def _reloaded(project: Project) -> None:
    project.mcdev("reloadBUs", "local")
    settings = json.loads((project.folder / ".mcdevrc.json").read_text(encoding="utf-8"))
    assert settings["credentials"]["local"]["businessUnits"] == {PARENT: ACCOUNT_ID}


def _refused(project: Project) -> None:
    parent = f"local/{PARENT}"
    project.mcdev("retrieve", parent, "journey", KEY, code=1, says="Interaction not found. (30003)")
    project.mcdev("retrieve", parent, "event", EVENT_KEY, code=1, says="(30003)")
    project.mcdev("delete", parent, "event", EVENT_KEY, code=1)
    login = project.folder / ".mcdev-auth.json"
    login.write_text(login.read_text(encoding="utf-8").replace(CLIENT_SECRET, "wrong"), encoding="utf-8")
    shutil.rmtree(project.folder / "sessions")
    project.mcdev("retrieve", parent, "journey", code=1, says="Client authentication failed")
