"""Creating, changing and deleting content of messages (contract, e-mail content; asset types 207, 208 and 230)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from waystage.ground.errors import AlreadyExists, AssetNotFound, MissingValue, ValueNotAllowed, WrongFormat
from waystage.ground.ids import InboxNumbers, new_guid
from waystage.operations.body_check import BodyCheck, as_object, has_nul
from waystage.store import assets, audit, inbox, plans
from waystage.store.assets import Asset
from waystage.store.audit import Kind
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx

#: Asset types by number: two are e-mails, the last is the content of all other messages (journey-spec 3.11).
TYPES = {207: "templatebasedemail", 208: "htmlemail", assets.MESSAGE_TYPE: "jsonmessage"}
LONGEST_NAME = 200
LONGEST_SUBJECT = 1000
#: Characters of one view; the body as a whole is bounded by the request's size.
LONGEST_VIEW = 2_000_000
_LARGEST_LEGACY_ID = 2**31 - 1

SERVER_OWNED = frozenset({"id", "objectID", "createdDate", "createdBy", "modifiedDate", "modifiedBy"})


@dataclass(frozen=True, slots=True)
class _Body:
    name: str | None
    key: str | None
    legacy_id: int | None
    rest: dict[str, Any]


def create(tx: Tx, account: int, user: int, body: object, *, now: int) -> Asset:
    """Store a new asset and its first content version; AlreadyExists, ValidationErrors."""
    given = _check(as_object(body), required=True)
    legacy_id = given.legacy_id or assets.next_legacy_id(tx, account)
    guid = new_guid()
    asset = Asset(
        number=0,
        account=account,
        guid=guid,
        legacy_id=legacy_id,
        key=given.key or guid,
        name=given.name or "",
        document=given.rest,
        content=0,
        created=now,
        created_by=user,
        modified=now,
        modified_by=user,
    )
    _refuse_taken(tx, asset)
    asset = replace(asset, number=assets.insert(tx, asset))
    audit.record(tx, account, Kind.ASSET, "Create", str(asset.number), asset.key, name=asset.name)
    return replace(asset, content=assets.append_content(tx, account, asset.number, _parts(asset.document), now))


def create_and_tell(tx: Tx, account: int, user: int, body: object, *, now: int, numbers: InboxNumbers) -> Asset:
    """As `create`; every lane is told if anything runs, for a running journey may name the new e-mail."""
    made = create(tx, account, user, body, now=now)
    if plans.any_runs(tx, account):
        inbox.tell_lanes(tx, InboxKind.RECOMPILE, numbers.take()[0])
    return made


def update(tx: Tx, account: int, user: int, number: int, body: object, *, now: int, numbers: InboxNumbers) -> Asset:
    """Change an asset; what the body leaves out stays. AssetNotFound, AlreadyExists, ValidationErrors.

    A new content version is made, and every lane is told, so that later messages of running journeys have it.
    """
    given = _check(as_object(body), required=False)
    before = read(tx, account, number)
    if given.legacy_id not in {None, before.legacy_id}:
        raise ValueNotAllowed(f"legacyData.legacyId is {before.legacy_id} and cannot be changed.")
    after = replace(
        before,
        key=given.key or before.key,
        name=given.name or before.name,
        document=before.document | given.rest,
        modified=max(now, before.modified),
        modified_by=user,
    )
    _refuse_taken(tx, after)
    assets.update(tx, after)
    content = assets.append_content(tx, account, number, _parts(after.document), now)
    inbox.tell_lanes(tx, InboxKind.RECOMPILE, numbers.take()[0])
    if changes := audit.changed(_words(before), _words(after)):
        audit.record(tx, account, Kind.ASSET, "Modify", str(number), after.key, name=after.name, changed=changes)
    return replace(after, content=content)


def _words(asset: Asset) -> dict[str, Any]:
    """What can be changed of an asset, by its names on the wire."""
    return asset.document | {"name": asset.name, "customerKey": asset.key}


def read(tx: Tx, account: int, number: int) -> Asset:
    """The asset with this id; AssetNotFound."""
    found = assets.find(tx, account, number)
    if found is None:
        raise AssetNotFound
    return found


def list_all(tx: Tx, account: int, limit: int, offset: int) -> tuple[int, list[Asset]]:
    """How many assets there are, and one page of them, last modified first."""
    return assets.page(tx, account, limit, offset)


def remove(tx: Tx, account: int, number: int, now: int) -> None:
    """Delete an asset; messages keep the content version that they name. AssetNotFound."""
    doomed = read(tx, account, number)
    assets.remove(tx, account, doomed.number, now)
    audit.record(tx, account, Kind.ASSET, "Delete", str(number), doomed.key, name=doomed.name)


def _check(body: dict[str, Any], *, required: bool) -> _Body:
    check = BodyCheck(body)
    name = check.text("name", required=required or "name" in body, longest=LONGEST_NAME)
    key = check.text("customerKey", longest=LONGEST_NAME)
    type_ = _type(check, required=required)
    legacy = BodyCheck(check.members("legacyData") or {}, "legacyData.", check.items)
    legacy_id = legacy.whole("legacyId", 1, _LARGEST_LEGACY_ID)
    _check_views(check)
    owned = SERVER_OWNED | {"name", "customerKey", "assetType"}
    rest = {member: value for member, value in body.items() if member not in owned}
    if not check.items and has_nul(rest):
        check.refuse(WrongFormat("No property may contain the character U+0000."))
    check.settle()
    return _Body(name, key or None, legacy_id, rest | type_)


def _type(check: BodyCheck, *, required: bool) -> dict[str, Any]:
    """The asset type with number and name, whichever of the two was sent."""
    sent = check.members("assetType", required=required)
    if sent is None:
        return {}
    inner = BodyCheck(sent, "assetType.", check.items)
    number = inner.whole("id", 0, 10_000)
    word = inner.text("name")
    if number is None and word is None:
        inner.refuse(MissingValue("assetType.id or assetType.name is required."))
        return {}
    names = {name: known for known, name in TYPES.items()}
    known = number if number is not None else names.get((word or "").lower())
    if known not in TYPES or (word is not None and word.lower() != TYPES[known]):
        allowed = ", ".join(f"{name} ({known})" for known, name in TYPES.items())
        inner.refuse(ValueNotAllowed(f"assetType must be one of {allowed}."))
        return {}
    return {"assetType": sent | {"id": known, "name": TYPES[known]}}


def _check_views(check: BodyCheck) -> None:
    views = BodyCheck(check.members("views") or {}, "views.", check.items)
    for name, longest in (("subjectline", LONGEST_SUBJECT), ("html", LONGEST_VIEW), ("text", LONGEST_VIEW)):
        view = BodyCheck(views.members(name) or {}, f"views.{name}.", check.items)
        view.text("content", longest=longest)


def _parts(document: dict[str, Any]) -> tuple[str, str, str]:
    """Subject, html and text of a stored document; empty where it has none."""
    views = document.get("views") or {}
    subject, html, text = ((views.get(name) or {}).get("content") or "" for name in ("subjectline", "html", "text"))
    if not (html or text):
        title, text = _displayed(views)
        subject = subject or title
    return subject, html, text


def _displayed(views: dict[str, Any]) -> tuple[str, str]:
    """Title and text of a message as the hosted product keeps them, deep inside the view of its channel."""
    for view in views.values():
        block: Any = view
        for name in ("meta", "options", "customBlockData"):
            block = block.get(name) if isinstance(block, dict) else None
        if isinstance(block, dict) and isinstance(text := block.get("display:message"), str):
            title = block.get("display:title")
            return title if isinstance(title, str) else "", text
    return "", ""


def _refuse_taken(tx: Tx, asset: Asset) -> None:
    same_key = assets.find_by_key(tx, asset.account, asset.key)
    if same_key is not None and same_key.number != asset.number:
        raise AlreadyExists(f"An asset with the customerKey {same_key.key!r} exists already.")
    same_id = assets.find_by_legacy_id(tx, asset.account, asset.legacy_id)
    if same_id is not None and same_id.number != asset.number:
        raise AlreadyExists(f"An asset with the legacyId {asset.legacy_id} exists already.")
