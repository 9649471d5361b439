"""POST /v2/token: client credentials to a bearer token (api.md 11.1, D-59, clients.md 2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from waystage.api.replies import Reply
from waystage.api.requests import Request, recased
from waystage.api.shapes.call import FORM
from waystage.ground import clock, ids
from waystage.ground.errors import InvalidClient, InvalidTokenRequest, MalformedJson, UnsupportedGrantType
from waystage.ground.secrets import secret_fits, token_digest
from waystage.operations import issue_token
from waystage.store.accounts import Client

NAMES = ("grant_type", "client_id", "client_secret", "scope", "account_id")
LONGEST = 1000


async def token(request: Request) -> Reply:
    """Issue an access token; the refusals have the OAuth envelope."""
    asked = _asked(request)
    if _text(asked, "grant_type") != "client_credentials":
        raise UnsupportedGrantType
    client = await _authenticated(request, _text(asked, "client_id"), _text(asked, "client_secret"))
    issue_token.check_account(client, asked.get("account_id"))
    scopes = issue_token.granted(client, asked.get("scope"))
    access_token = ids.new_secret()
    await request.write(issue_token.issue, client, scopes, token_digest(access_token), clock.real_now())
    base = f"{request.world.settings.public_url}/"
    body = {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": issue_token.ANNOUNCED_SECONDS,
        "scope": " ".join(scopes),
        "rest_instance_url": base,
        "soap_instance_url": base,
    }
    return Reply(body=body, headers=(("pragma", "no-cache"),))


async def _authenticated(request: Request, client_id: str, secret: str) -> Client:
    """Give the client whose secret this is; takes as long for an unknown client (InvalidClient)."""
    client = await request.read(issue_token.find_client, client_id)
    stored = None if client is None else client.secret_hash
    async with request.world.tokens.checks:
        fits = await asyncio.to_thread(secret_fits, secret, stored)
    if client is None or not fits:
        raise InvalidClient
    return client


def _asked(request: Request) -> Mapping[str, Any]:
    """Read the parameters from JSON or a form; InvalidTokenRequest."""
    if request.header("content-type").partition(";")[0].strip().lower() == FORM:
        return _form(request.body)
    try:
        body = request.json()
    except MalformedJson as error:
        raise InvalidTokenRequest(error.message) from error
    if not isinstance(body, dict):
        raise InvalidTokenRequest("The body must be a JSON object.")
    return recased(body, NAMES)


def _form(body: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=LONGEST, errors="strict")
    except ValueError as error:
        raise InvalidTokenRequest("The form cannot be read.") from error
    if len(dict(pairs)) != len(pairs):
        raise InvalidTokenRequest("A parameter stands twice in the form.")
    return dict(pairs)


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value or len(value) > LONGEST or "\0" in value:
        raise InvalidTokenRequest(f"{name} is required and must be text.")
    return value
