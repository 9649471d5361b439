"""Folders as the reference shows them: the categories of `email`, of every content type, and those of `asset`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from waystage.api.replies import Reply, collection
from waystage.api.requests import Request, recased
from waystage.ground.errors import FolderNotFound, WrongFormat
from waystage.operations import find_folders, save_folder
from waystage.operations.body_check import BodyCheck, as_object
from waystage.spec import filter_text
from waystage.store.folders import Folder

#: The content type of e-mails and other assets.
ASSET = "asset"
#: What a folder may be numbered.
LARGEST = 2**53
EMAIL_NAMES = ("name", "parentCatId", "catType")
CONTENT_NAMES = ("name", "parentId", "categoryType", "description", "customerKey")


def _email(folder: Folder) -> dict[str, object]:
    return {
        "categoryId": folder.number,
        "parentCatId": folder.parent,
        "objectId": folder.guid,
        "catType": folder.content_type,
        "name": folder.name,
    }


def _content(account: int) -> Callable[[Folder], dict[str, object]]:
    def shown(folder: Folder) -> dict[str, object]:
        return {
            "id": folder.number,
            "description": folder.description,
            "enterpriseId": account,
            "memberId": account,
            "name": folder.name,
            "parentId": folder.parent,
            "categoryType": folder.content_type,
        }

    return shown


def _number(request: Request) -> int:
    """The folder's number; what is no number names no folder."""
    raw = request.path["id"]
    if not re.fullmatch(r"[0-9]{1,15}", raw, re.ASCII):
        raise FolderNotFound
    return int(raw)


async def create_email(request: Request) -> Reply:
    """POST category: 201 with the folder."""
    check = BodyCheck(recased(as_object(request.json()), EMAIL_NAMES))
    name = check.text("name", required=True, longest=save_folder.LONGEST_NAME)
    parent = check.whole("parentCatId", 1, LARGEST, required=True)
    content_type = check.text("catType")
    check.settle()
    made = await request.write(
        save_folder.create, request.caller.account, name or "", parent or 0, content_type=content_type or "",
        user=request.caller.user_id, now=request.now,
    )  # fmt: skip
    return Reply(201, _email(made))


async def list_email(request: Request) -> Reply:
    """GET category: a collection of the folders of all content types, or of one."""
    query = request.query
    return await _page(request, query.text("catType") or query.text("categoryType") or None, _email)


async def read_email(request: Request) -> Reply:
    """GET one folder of any content type."""
    return Reply(body=_email(await request.read(save_folder.read, request.caller.account, _number(request))))


async def create_content(request: Request) -> Reply:
    """POST categories: 201 with the folder, for assets unless it says otherwise."""
    check = BodyCheck(recased(as_object(request.json()), CONTENT_NAMES))
    name = check.text("name", required=True, longest=save_folder.LONGEST_NAME)
    parent = check.whole("parentId", 1, LARGEST, required=True)
    content_type = check.text("categoryType")
    description = check.text("description", longest=save_folder.LONGEST_DESCRIPTION)
    key = check.text("customerKey", longest=save_folder.LONGEST_NAME)
    check.settle()
    account = request.caller.account
    made = await request.write(
        save_folder.create, account, name or "", parent or 0, content_type=content_type or ASSET,
        description=description or "", key=key or "", user=request.caller.user_id, now=request.now,
    )  # fmt: skip
    return Reply(201, _content(account)(made))


async def list_content(request: Request) -> Reply:
    """GET categories: a collection of the folders of assets, or of another content type."""
    content_type = request.query.text("categoryType") or ASSET
    return await _page(request, content_type, _content(request.caller.account))


async def read_content(request: Request) -> Reply:
    """GET one folder."""
    account = request.caller.account
    return Reply(body=_content(account)(await request.read(save_folder.read, account, _number(request))))


async def update_content(request: Request) -> Reply:
    """PUT one folder: 200 with it; properties left out keep their value."""
    body = recased(as_object(request.json()), CONTENT_NAMES)
    check = BodyCheck(body)
    name = check.text("name", required="name" in body, longest=save_folder.LONGEST_NAME)
    parent = check.whole("parentId", 1, LARGEST)
    description = check.text("description", longest=save_folder.LONGEST_DESCRIPTION)
    check.settle()
    account = request.caller.account
    changed = await request.write(
        save_folder.update, account, _number(request), name=name, parent=parent, description=description,
        user=request.caller.user_id, now=request.now,
    )  # fmt: skip
    return Reply(body=_content(account)(changed))


async def _page(request: Request, content_type: str | None, shown: Callable[[Folder], dict[str, object]]) -> Reply:
    paging = request.paging()
    try:
        tree = filter_text.parse(request.query.text("$filter") or "")
    except filter_text.FilterError as error:
        raise WrongFormat(f"$filter: {error}") from error
    found: Sequence[Folder] = await request.read(find_folders.find, request.caller.account, tree, content_type)
    items = [shown(folder) for folder in found[paging.offset : paging.offset + paging.size]]
    return Reply(body=collection(items, len(found), paging.page, paging.size))
