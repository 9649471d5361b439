"""The OpenAPI document as a page for people; it needs no script and loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

import msgspec

from waystage.api.docs_shapes import link_to, outline, shape_table
from waystage.api.openapi import component, openapi
from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.api.route import Route
from waystage.ground.errors import WaystageError, catalogue
from waystage.ground.settings import Settings

HTML = "text/html; charset=utf-8"
STYLE = (
    ":root{color-scheme:light dark;--ink:#1c2430;--pale:#5d6673;--line:#d5dbe3;--back:#fff;--soft:#f4f6f9;"
    "--link:#0b5cab}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--pale:#9aa5b4;--line:#333c49;--back:#14181f;--soft:#1d232c;"
    "--link:#7db7f5}}"
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:var(--ink);"
    "background:var(--back)}a{color:var(--link)}"
    "nav ul{columns:3 14rem;padding:0;list-style:none}h2{margin-top:3rem;border-bottom:2px solid var(--line)}"
    "section{margin:1rem 0;scroll-margin-top:1rem}summary{cursor:pointer;padding:.3rem .5rem;background:var(--soft)}"
    "details>div{padding:.2rem 1rem 1rem;border-left:3px solid var(--line)}"
    "table{border-collapse:collapse;width:100%;margin:.3rem 0 1rem}"
    "td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}"
    "code,pre{font-size:.9em}pre{background:var(--soft);padding:.6rem;overflow:auto;margin:.3rem 0 1rem}"
    ".pale{color:var(--pale)}.verb{display:inline-block;min-width:4.2em;font-weight:600}h4{margin:1rem 0 .2rem}"
)
INTRODUCTION = (
    "<p>The same as a machine reads it: <a href=/openapi.json>openapi.json</a>; a client can be generated from it. "
    "Get a token with <a href=#authToken>POST /v2/token</a> and send it as <code>Authorization: Bearer …</code>. "
    "What a call needs besides is its <i>scope</i>. Whatever is refused says why: <a href=#errors>errors</a>.</p>"
)


async def docs(request: Request) -> Reply:
    """GET docs."""
    return Reply(body=_written(request.routes, request.world.settings), content_type=HTML)


@lru_cache(maxsize=1)
def _written(routes: Sequence[Route], settings: Settings) -> str:
    """Made once: who may ask for it needs no token, so it must not cost much."""
    return docs_page(openapi(routes, settings))


def docs_page(document: Mapping[str, Any]) -> str:
    """Give the page: families of calls, then shapes, then errors."""
    return "".join(
        (
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
            f"<title>Waystage API</title><style>{STYLE}</style><h1>Waystage API</h1>",
            INTRODUCTION,
            _contents(document),
            *(_family(tag, document) for tag in document["tags"]),
            "<h2 id=shapes>Shapes</h2>",
            *(_shape(name, schema) for name, schema in document["components"]["schemas"].items()),
            "<h2 id=errors>Errors</h2><p>Tell errors apart by status and code; messages name what was wrong.</p>",
            *(_error(one, document) for one in catalogue()),
            "</html>",
        )
    )


def _contents(document: Mapping[str, Any]) -> str:
    families = "".join(f"<li><a href=#{_anchor(tag['name'])}>{escape(tag['name'])}</a>" for tag in document["tags"])
    return f"<nav><ul>{families}<li><a href=#shapes>Shapes</a><li><a href=#errors>Errors</a></ul></nav>"


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def _calls(document: Mapping[str, Any]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    for path, verbs in document["paths"].items():
        for verb, call in verbs.items():
            yield verb.upper(), path, call


def _family(tag: Mapping[str, str], document: Mapping[str, Any]) -> str:
    calls = [_call(*one, document) for one in _calls(document) if tag["name"] in one[2]["tags"]]
    return (
        f"<h2 id={_anchor(tag['name'])}>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>{''.join(calls)}"
    )


def _call(verb: str, path: str, call: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    later = " <span class=pale>(not built yet)</span>" if call.get("x-not-built") else ""
    return (
        f"<section id={call['operationId']}><details><summary><code><span class=verb>{verb}</span>{escape(path)}</code>"
        f" — {escape(call['summary'])}{later}</summary><div>"
        f"<p>{escape(call.get('description', ''))}</p><p>{_scopes(call)}</p>"
        f"{_parameters(call.get('parameters', []))}{_body(call.get('requestBody'))}"
        f"{_answers(call['responses'])}{_refusals(call['responses'], document)}</div></details></section>"
    )


def _scopes(call: Mapping[str, Any]) -> str:
    needed = [f"<code>{escape(scope)}</code>" for one in call["security"] for scope in one["bearer"]]
    fine = call.get("x-fine-scope")
    more = f"; with <code>WAYSTAGE_FINE_SCOPES</code> also <code>{escape(fine)}</code>" if fine else ""
    return f"Scope: {' or '.join(needed)}{more}." if needed else "Needs no token."


def _parameters(parameters: Iterable[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code>{'' if one['required'] else '<td class=pale>optional'}"
        f"{'<td>required' if one['required'] else ''}<td class=pale>{one['in']}<td>{outline(one['schema'])}"
        f"<td>{escape(one['description'])}</tr>"
        for one in parameters
    )
    return f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""


def _body(body: Mapping[str, Any] | None) -> str:
    if body is None:
        return ""
    content = next(iter(body["content"].values()))
    media = ", ".join(f"<code>{escape(one)}</code>" for one in body["content"])
    optional = "" if body["required"] else " <span class=pale>(optional)</span>"
    text = f"<p>{escape(body['description'])}</p>" if "description" in body else ""
    return f"<h4>Body{optional}</h4><p>{media}: {outline(content['schema'])}</p>{text}{_sample(content.get('example'))}"


def _sample(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value)).decode()
    return f"<pre>{escape(text)}</pre>"


def _answers(responses: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{status}<td>{_contents_of(one)}<td>{escape(one['description'])}</tr>"
        for status, one in responses.items()
        if status.startswith("2")
    )
    return f"<h4>Answers</h4><table>{rows}</table>" if rows else ""


def _contents_of(response: Mapping[str, Any]) -> str:
    shapes = [
        outline(one["schema"]) if media == "application/json" else f"<code>{escape(media)}</code>"
        for media, one in response.get("content", {}).items()
    ]
    return " or ".join(shapes) or "no body"


def _refusals(responses: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{status}<td>{', '.join(f'<a href=#error-{name}>{name}</a>' for name in names)}</tr>"
        for status, one in responses.items()
        if not status.startswith("2") and (names := list(_errors_of(one, document)))
    )
    return f"<h4>Refusals</h4><table>{rows}</table>"


def _errors_of(response: Mapping[str, Any], document: Mapping[str, Any]) -> Iterable[str]:
    """The names of the errors that a response can be."""
    if "$ref" in response:
        return (response["$ref"].rpartition("/")[2],)
    return (
        reference["$ref"].rpartition("/")[2]
        for media in response.get("content", {}).values()
        for reference in media.get("examples", {}).values()
        if component(document, reference["$ref"])
    )


def _shape(name: str, schema: Mapping[str, Any]) -> str:
    return f"<section id={link_to(name)}><h3>{escape(name)}</h3>{shape_table(schema)}</section>"


def _error(error: type[WaystageError], document: Mapping[str, Any]) -> str:
    code = getattr(error, "oauth", str(error.errorcode))
    example = document["components"]["examples"].get(error.__name__, {}).get("value")
    return (
        f"<section id=error-{error.__name__}><h3>{error.http} · {escape(code)} · {error.__name__}</h3>"
        f"<p>{escape(error.when)} <b>{escape(error.remedy)}</b></p>{_sample(example)}</section>"
    )
