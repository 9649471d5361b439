"""THE TABLE: one row for each resource; the first 34 are the reference's discovery document, in its order."""

from __future__ import annotations

from waystage.api import (
    assets,
    auth,
    automations,
    clients,
    contact_exit,
    contacts,
    control,
    data_extensions,
    discovery,
    engagements,
    event_definitions,
    events,
    health,
    history,
    home,
    interactions,
    openapi,
    publication,
    statistics,
    transactional,
    trigger_tests,
)
from waystage.api.route import ADMIN, FORM, READ, Discovery, Handler, Route, not_built

SUBSCRIBERS_READ = "list_and_subscribers_read"
SUBSCRIBERS_WRITE = "list_and_subscribers_write"
ROWS_READ = "data_extensions_read"
ROWS_WRITE = "data_extensions_write"
ASPR = "journeys_aspr"

PAGE = ("$page", "$pageSize")
ONE = ("versionNumber", "extras")
VERSION = ("versionNumber",)
HISTORY = (*PAGE, "$orderBy", "definitionId", "contactKey", "start", "end")
EVERY = ("versionNumber", "allVersions")
LIST = (
    "status", "versionNumber", "specificApiVersionNumber", "mostRecentVersionOnly",
        "mostRecentVersionOrRunningOnly",
    "definitionType", "nameOrDescription", "name", "key", "id", "tag", "extras", *PAGE, "$orderBy",
)  # fmt: skip
JOURNEY_ID = {"id": "String id of the journey"}
EVENT_ID = {"eventDefinitionID": "Event definition Id"}

J = "/interaction/v1"
W = "/waystage/v1"
I = f"{J}/interactions"  # noqa: E741 (the prefix of half the table)
E = f"{J}/eventDefinitions"
ASSETS = "/asset/v1/content/assets"
OBJECTS = "/data/v1/customobjects"
ROWS = "/hub/v1/dataevents"


def _seed(
    name: str,
    verb: str,
    path: str,
    function: Handler,
    description: str,
    parameters: dict[str, str] | None = None,
    *,
    query: tuple[str, ...] = (),
    fine_scope: str | None = None,
) -> Route:
    """Make a row of the reference's discovery document."""
    entry = Discovery(name, description, parameters or {})
    return Route(verb, path, function, READ, entry, query=query, fine_scope=fine_scope)


def _open(path: str, function: Handler, summary: str) -> Route:
    """Make a row that needs no token."""
    return Route("GET", path, function, None, summary=summary)


SEED: tuple[Route, ...] = (
    _seed("discovery", "GET", f"{J}/rest", discovery.discover, "Returns discovery document"),
    _seed("postInteraction", "POST", I, interactions.create, "Create or save a journey"),
    _seed("updateInteraction", "PUT", I, interactions.update, "Update a journey version", query=VERSION),
    _seed("updateInteractionByKey", "PUT", f"{I}/key:{{key}}", interactions.update_selected,
        "Update a journey version", query=VERSION),
    _seed("updateInteractionById", "PUT", f"{I}/{{id}}", interactions.update_selected, "Update a journey version",
        query=VERSION),
    _seed("publishInteractionById", "POST", f"{I}/publishAsync/{{id}}", publication.publish,
        "Publish a journey version asynchronously", query=VERSION, fine_scope=ASPR),
    _seed("publishInteractionByKey", "POST", f"{I}/publishAsync/key:{{key}}", publication.publish,
        "Publish a journey version asynchronously", query=VERSION, fine_scope=ASPR),
    _seed("publishStatus", "GET", f"{I}/publishStatus/{{id}}", publication.status,
        "Check the status of a publication"),
    _seed("stop", "POST", f"{I}/stop/{{id}}", publication.stop, "Stops a running journey.", query=EVERY,
        fine_scope=ASPR),
    _seed("stopByKey", "POST", f"{I}/stop/key:{{key}}", publication.stop, "Stops a running journey.", query=EVERY,
        fine_scope=ASPR),
    _seed("getGoalStatistics", "GET", f"{J}/goalstatistics/{{id}}", statistics.goals,
        "Retrieve goal statistics for a journey", JOURNEY_ID, query=VERSION),
    _seed("postGoalStatistics", "POST", f"{J}/goalstatistics/clear/{{id}}", statistics.clear,
        "Clear goal statistics for a journey", JOURNEY_ID, query=VERSION),
    _seed("getInteraction", "GET", f"{I}/{{id}}", interactions.read, "Retrieve a journey.", query=ONE),
    _seed("deleteInteraction", "DELETE", f"{I}/{{id}}", interactions.delete, "Delete a journey.", query=VERSION),
    _seed("deleteInteractionByKey", "DELETE", f"{I}/key:{{key}}", interactions.delete, "Delete a journey.",
        query=VERSION),
    _seed("getInteractionCollection", "GET", I, interactions.collect, "Retrieve a collection of journeys.",
        query=LIST),
    _seed("getWaitStatistics", "GET", f"{J}/waitstatistics/{{id}}", statistics.waits,
        "Retrieve wait activity counts for a journey", JOURNEY_ID, query=VERSION),
    _seed("getJourneyMap", "GET", f"{J}/map", not_built, "Get a Journey Map."),
    _seed("createUpdateJourneyMap", "POST", f"{J}/map", not_built, "Create/update a Journey Map."),
    _seed("searchTraceEvents", "POST", f"{I}/traceevents/search", history.search_events,
        "Search for trace events stored in ElasticSearch", query=("format",)),
    _seed("getTriggerStatistics", "GET", f"{J}/triggerstats/{{eventDefinitionID}}", statistics.trigger,
        "Retrieve trigger statistics", EVENT_ID),
    _seed("createTriggerTest", "POST", f"{I}/triggerTest/{{eventDefinitionId}}", trigger_tests.create,
        "Create a trigger test"),
    _seed("updateTriggerTest", "PUT", f"{I}/triggerTest/{{eventDefinitionId}}", trigger_tests.update,
        "Update a trigger test"),
    _seed("deleteTriggerTest", "DELETE", f"{I}/triggerTest/{{eventDefinitionId}}", trigger_tests.remove,
        "Delete a trigger test"),
    _seed("postEventDefinition", "POST", E, event_definitions.create, "Create an event definition"),
    _seed("updateEventDefinitionById", "PUT", f"{E}/{{id}}", event_definitions.update,
        "Update an event definition by ID"),
    _seed("updateEventDefinitionByKey", "PUT", f"{E}/key:{{key}}", event_definitions.update,
        "Update an event definition by key"),
    _seed("getEventDefinitionByKey", "GET", f"{E}/key:{{key}}", event_definitions.read,
        "Get an event definition by key"),
    _seed("getEventDefinitionById", "GET", f"{E}/{{id}}", event_definitions.read, "Get an event definition by id"),
    _seed("getEventDefinitionCollection", "GET", E, event_definitions.list_all,
        "Retrieve a collection of  event definitions.", query=("name", "extras", *PAGE)),
    _seed("deleteEventDefinitionById", "DELETE", f"{E}/{{id}}", event_definitions.remove,
        "Delete an event definition by id"),
    _seed("deleteEventDefinitionByKey", "DELETE", f"{E}/key:{{key}}", event_definitions.remove,
        "Delete an event definition by key"),
    _seed("postInteractionsEvents", "POST", f"{J}/events", events.fire, "Post an event to journeys",
        fine_scope=SUBSCRIBERS_READ),
    _seed("getHistory", "GET", f"{J}/history", history.collect, "Retrieve a collection of history", query=HISTORY),
)  # fmt: skip

#: What the reference serves but its old document does not list (D-58), and its neighbours (api.md 11).
BEYOND_THE_SEED: tuple[Route, ...] = (
    _seed("getInteractionByKey", "GET", f"{I}/key:{{key}}", interactions.read, "Retrieve a journey by key.",
        query=ONE),
    _seed("validateInteractionById", "POST", f"{I}/validateAsync/{{id}}", publication.validate,
        "Validate a journey version asynchronously", query=VERSION),
    _seed("validateInteractionByKey", "POST", f"{I}/validateAsync/key:{{key}}", publication.validate,
        "Validate a journey version asynchronously", query=VERSION),
    _seed("validateStatus", "GET", f"{I}/validateStatus/{{id}}", publication.status,
        "Check the status of a validation"),
    _seed("stopAsync", "POST", f"{I}/stopAsync/{{id}}", publication.stop,
        "Stops a running journey asynchronously.", query=EVERY, fine_scope=ASPR),
    _seed("stopAsyncByKey", "POST", f"{I}/stopAsync/key:{{key}}", publication.stop,
        "Stops a running journey asynchronously.", query=EVERY, fine_scope=ASPR),
    _seed("pauseById", "POST", f"{I}/pause/{{id}}", publication.pause, "Pauses a running journey.", query=EVERY,
        fine_scope=ASPR),
    _seed("pauseByKey", "POST", f"{I}/pause/key:{{key}}", publication.pause, "Pauses a running journey.", query=EVERY,
        fine_scope=ASPR),
    _seed("resumeById", "POST", f"{I}/resume/{{id}}", publication.resume, "Resumes a paused journey.", query=EVERY,
        fine_scope=ASPR),
    _seed("resumeByKey", "POST", f"{I}/resume/key:{{key}}", publication.resume, "Resumes a paused journey.",
        query=EVERY, fine_scope=ASPR),
    _seed("getInteractionStatus", "GET", f"{I}/status/{{id}}", statistics.status, "Get the status of journey versions.",
        query=EVERY),
    _seed("getInteractionStatusByKey", "GET", f"{I}/status/key:{{key}}", statistics.status,
        "Get the status of journey versions.", query=EVERY),
    _seed("getInteractionSummary", "GET", f"{I}/{{id}}/summary", statistics.summary,
        "Count the activities of a journey by type."),
    _seed("getTriggerStatisticsOfVersion", "GET", f"{J}/triggerstats/{{eventDefinitionID}}/{{definitionId}}",
        statistics.trigger, "Retrieve trigger statistics of one journey version"),
    _seed("getAuditById", "GET", f"{I}/{{id}}/audit/{{action}}", not_built,
        "Retrieve the audit log of a journey.", query=(*VERSION, *PAGE)),
    _seed("getAuditByKey", "GET", f"{I}/key:{{key}}/audit/{{action}}", not_built,
        "Retrieve the audit log of a journey.", query=(*VERSION, *PAGE)),
    _seed("transactionalCreate", "POST", f"{I}/transactional/create", transactional.create,
        "Activate a transactional journey.", fine_scope=ASPR),
    _seed("transactionalPause", "POST", f"{I}/transactional/pause", transactional.pause,
        "Pause a transactional journey.", fine_scope=ASPR),
    _seed("transactionalResume", "POST", f"{I}/transactional/resume", transactional.resume,
        "Resume a transactional journey.", fine_scope=ASPR),
    _seed("transactionalClearQueue", "POST", f"{I}/transactional/clearQueue", transactional.clear_queue,
        "Drop the queued sends of a transactional journey.", fine_scope=ASPR),
    _seed("contactExit", "POST", f"{I}/contactexit", contact_exit.leave, "Remove contacts from journeys."),
    _seed("contactExitStatus", "POST", f"{I}/contactexit/status", contact_exit.status,
        "Check the removal of contacts."),
    _seed("contactMembership", "POST", f"{I}/contactMembership", contact_exit.membership,
        "Find the journeys that contacts are in."),
    _seed("searchJourneyHistory", "POST", f"{I}/journeyhistory/search", history.search,
        "Search the journey history.", query=(*PAGE, "$orderBy")),
    _seed("downloadJourneyHistory", "POST", f"{I}/journeyhistory/download", not_built,
        "Download the journey history."),
    _seed("estimateJourneyHistory", "POST", f"{I}/journeyhistory/estimate", not_built,
        "Estimate a download of the journey history."),
    _seed("getJourneyHistoryFreshness", "GET", f"{I}/journeyhistory/freshness", not_built,
        "See how fresh the journey history is."),
    _seed("postEventsAsync", "POST", f"{J}/async/events", not_built, "Post a batch of events.",
        fine_scope=SUBSCRIBERS_READ),
    _seed("getEventsAsyncStatus", "GET", f"{J}/async/events/status", not_built, "Check a batch of events.",
        query=PAGE),
    Route("GET", "/v2/userinfo", not_built, READ, summary="Say whom the token stands for"),
    Route("GET", "/platform/v1/tokenContext", not_built, READ,
        summary="Say which business unit the token belongs to"),
    Route("GET", "/platform/v1/endpoints", not_built, READ, summary="List the addresses of the APIs"),
    Route("GET", "/platform/v1/endpoints/{type}", not_built, READ, summary="Give the address of one API"),
    Route("POST", "/v2/token", auth.token, None, summary="Get an access token", accepts=(FORM,)),
    Route("POST", "/contacts/v1/contacts", contacts.create, SUBSCRIBERS_WRITE, summary="Create a contact"),
    Route("PATCH", "/contacts/v1/contacts", contacts.update, SUBSCRIBERS_WRITE, summary="Change a contact"),
    Route("POST", "/contacts/v1/contacts/actions/delete", contacts.delete, SUBSCRIBERS_WRITE,
        summary="Delete contacts", query=("type",)),
    Route("POST", ASSETS, assets.create, summary="Create an e-mail"),
    Route("GET", ASSETS, assets.list_all, summary="List e-mails", query=PAGE),
    Route("GET", f"{ASSETS}/{{id}}", assets.read, summary="Read an e-mail"),
    Route("PUT", f"{ASSETS}/{{id}}", assets.update, summary="Change an e-mail"),
    Route("DELETE", f"{ASSETS}/{{id}}", assets.remove, summary="Delete an e-mail"),
    Route("POST", OBJECTS, data_extensions.create, ROWS_WRITE, summary="Create a data extension"),
    Route("GET", OBJECTS, data_extensions.list_all, ROWS_READ, summary="List data extensions", query=PAGE),
    Route("GET", f"{OBJECTS}/{{id}}", data_extensions.read, ROWS_READ, summary="Read a data extension"),
    Route("DELETE", f"{OBJECTS}/{{id}}", data_extensions.remove, ROWS_WRITE, summary="Delete a data extension"),
    Route("POST", f"{ROWS}/key:{{key}}/rowset", data_extensions.upsert_rowset, ROWS_WRITE, summary="Write rows"),
    Route("POST", f"{ROWS}/{{id}}/rowset", data_extensions.upsert_rowset, ROWS_WRITE, summary="Write rows"),
    Route("PUT", f"{ROWS}/key:{{key}}/rows/{{row}}", data_extensions.upsert_row, ROWS_WRITE, summary="Write one row"),
)  # fmt: skip

#: What the reference does not have (contract, "Our own resources"; scopes: contract 40).
OURS: tuple[Route, ...] = (
    _open("/", home.home, "A page of links"),
    _open("/docs", openapi.docs, "This documentation as a page"),
    _open("/openapi.json", openapi.specification, "This documentation for machines"),
    _open("/healthz", health.alive, "Tell whether the process lives"),
    _open("/readyz", health.ready, "Tell whether the process can serve"),
    _open("/metrics", health.metrics, "Figures for Prometheus"),
    Route("GET", f"{W}/clock", control.read_clock, summary="Read the journey clock"),
    Route("POST", f"{W}/clock/advance", control.advance, ADMIN, summary="Move a virtual clock"),
    Route("POST", f"{W}/engine/settle", control.settle, summary="Wait until nothing is runnable"),
    Route("GET", f"{W}/messages", control.list_messages, summary="List messages", query=("contactKey", "journeyKey",
        "activityKey", "channel", "status", *PAGE)),
    Route("POST", f"{W}/engagements", engagements.note, summary="Report an open, click, bounce or unsubscribe"),
    Route("PUT", f"{W}/journeys/{{key}}/winners/{{activityKey}}", engagements.decide,
        summary="Decide which path of an optimizer wins"),
    Route("GET", f"{W}/journeys/{{key}}/contacts/{{contactKey}}", not_built,
        summary="Explain the passages of a contact"),
    Route("GET", f"{W}/journeys/{{key}}/diff", not_built, summary="Compare two versions", query=("from", "to")),
    Route("POST", f"{W}/simulations", not_built, summary="Simulate a journey"),
    Route("GET", f"{W}/simulations/{{id}}", not_built, summary="Read a simulation"),
    Route("POST", f"{W}/lint", not_built, summary="Find problems of a journey body"),
    Route("POST", f"{W}/imports", not_built, SUBSCRIBERS_WRITE, summary="Load contacts, rows or events in bulk",
        query=("target",)),
    Route("GET", f"{W}/imports/{{id}}", not_built, SUBSCRIBERS_READ, summary="Follow an import"),
    Route("POST", f"{W}/automations/{{automationId}}/completed", automations.completed,
        summary="Signal the end of an automation"),
    Route("PUT", f"{W}/keys/{{customerKey}}", not_built, ADMIN, summary="Store a signing key"),
    Route("DELETE", f"{W}/keys/{{customerKey}}", not_built, ADMIN, summary="Delete a signing key"),
    Route("GET", f"{W}/clients", clients.collect, ADMIN, summary="List API clients", query=PAGE),
    Route("POST", f"{W}/clients", clients.create, ADMIN, summary="Create an API client"),
    Route("DELETE", f"{W}/clients/{{clientId}}", clients.revoke, ADMIN, summary="Revoke an API client"),
)  # fmt: skip

ROUTES: tuple[Route, ...] = SEED + BEYOND_THE_SEED + OURS
