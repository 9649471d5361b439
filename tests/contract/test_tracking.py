"""Pixels, links, the unsubscribe page and feedback of providers, without a token (design 8.15, threat model)."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.channels.servers import MailServer, parsed, part
from tests.contract.event_bodies import CONTACTS
from tests.contract.law import LawfulClient
from tests.contract.mailing import ADVANCE, asset, define_event, fire, mail, messages, publish, settle, wait
from tests.contract.served import Api, Served
from waystage.engine.sending.tracking import LIFE
from waystage.ground.signed_links import LinkKind, LinkSigner, SignedLink

pytestmark = pytest.mark.spec("3.7", "3.10")

HTML = (
    '<html><body class="x"><a href="https://example.com/shop?a=1&amp;b=2#top">Shop</a>'
    "<A class=b HREF='http://example.com/ü'>Ü</A><a href=https://example.com/bare>bare</a>"
    '<a href="mailto:a@example.com">m</a><a href="#top">t</a><a data-href="https://example.com/data">d</a>'
    '<a href="/relative">r</a><a href="%%unsub_center_url%%">u</a><a href="javascript:alert(1)">j</a></body></html>'
)
HREF = re.compile(r"""href=["']?([^"'\s>]+)""", re.IGNORECASE)
DAY = 24 * 3_600_000


def facts(server: Served) -> list[tuple[Any, ...]]:
    def read(tx: Any) -> Any:
        return tx.rows("SELECT kind, link FROM engagement ORDER BY kind, link")

    return [tuple(row) for row in server.built.database.read(read).result()]


@pytest.fixture
def nobody(server: Served) -> Any:
    """A client without a token, whose answers must be documented."""
    with LawfulClient(base_url=server.address) as client:
        yield client


def sent(api: Api, html: str = HTML, **send: Any) -> dict[str, Any]:
    """A journey of one tracked message to ann, and that message."""
    define_event(api)
    asset(api, subjectline="Hi", html=html, text="Stop: %%Unsub_Center_URL%%")
    publish(api, [mail("M", "W", emailId=7, isTrackingClicks=True, **send), wait("W", None, 900)])
    fire(api, "ann")
    settle(api)
    (found,) = messages(api)
    return found


def links(message: dict[str, Any]) -> list[str]:
    return HREF.findall(message["html"])


def pixel(message: dict[str, Any]) -> str:
    (found,) = re.findall(r'<img src="([^"]+)"', message["html"])
    return str(found)


def signer(server: Served) -> LinkSigner:
    return server.built.world.tracker.signer


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_only_web_links_lead_through_us(server: Served, api: Api) -> None:
    message = sent(api)
    found = links(message)
    tracked = [url for url in found if "/track/click/" in url]
    assert [one for one in found if one not in tracked] == [
        "mailto:a@example.com", "#top", "https://example.com/data", "/relative", found[-2], "javascript:alert(1)",
    ]  # fmt: skip
    assert found[-2].startswith(f"{server.address}/waystage/v1/track/unsubscribe/")
    assert message["text"] == f"Stop: {found[-2]}"
    assert message["html"].count("<img") == 1
    assert message["html"].endswith("></body></html>")
    targets = [read.target for url in tracked if (read := signer(server).read(token_of(url)))]
    assert targets == [
        "https://example.com/shop?a=1&b=2#top", "http://example.com/ü", "https://example.com/bare",
    ]  # fmt: skip
    assert messages(api) == [message]


@pytest.mark.parametrize(
    ("send", "has_links", "has_pixel"),
    [
        ({}, False, False),
        ({"isTrackingClicks": True}, True, True),
        ({"isTrackingClicks": True, "suppressTracking": False}, True, True),
        ({"isTrackingClicks": True, "suppressTracking": True}, False, False),
        ({"isTrackingClicks": False}, False, False),
        ({"isTrackingClicks": "yes"}, False, False),
    ],
)
def test_who_wants_no_tracking_gets_none(light: Api, send: dict[str, Any], has_links: bool, has_pixel: bool) -> None:
    define_event(light)
    asset(light, subjectline="Hi", html=HTML)
    publish(light, [mail("M", emailId=7, **send)])
    fire(light, "ann")
    settle(light)
    (found,) = messages(light)
    assert ("/track/click/" in found["html"], "/track/open/" in found["html"]) == (has_links, has_pixel)


def test_what_leaves_is_followed_unless_that_is_turned_off(sqlite_url: str) -> None:
    """And what the message store shows is what was sent, with the headers of RFC 8058."""
    with MailServer() as post, Served(sqlite_url, WAYSTAGE_SMTP_URL=post.url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", html=HTML, text="plain")
        publish(api, [mail("M", "N"), mail("N", emailId=7, isTrackingClicks=False, isMultipart=False)])
        fire(api, "ann")
        settle(api)
        tracked, plain = sorted(map(parsed, post.letters), key=lambda one: one.get_content_type(), reverse=False)
        shown = {one["activityKey"]: one["html"] for one in messages(api)}
        assert part(tracked, "html") == shown["M"]
        assert part(plain, "html") == shown["N"]
        assert "/track/click/" in shown["M"]
        assert "/track/click/" not in shown["N"]
        assert "/track/open/" in shown["M"]
        assert plain.get_content_type() == "text/html"
        url = str(tracked["List-Unsubscribe"]).strip("<>")
        assert tracked["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert httpx.post(url, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        assert facts(server) == [("unsubscribe", "")]


def test_looking_clicking_and_unsubscribing(server: Served, api: Api, nobody: LawfulClient) -> None:
    message = sent(api)
    seen = nobody.get(pixel(message))
    assert (seen.status_code, seen.headers["content-type"], seen.headers["cache-control"]) == (
        200, "image/gif", "no-store",
    )  # fmt: skip
    assert seen.content[:6] == b"GIF89a"
    shop, umlaut, *_ = (url for url in links(message) if "/track/click/" in url)
    led = nobody.get(shop)
    assert (led.status_code, led.headers["location"]) == (302, "https://example.com/shop?a=1&b=2#top")
    assert nobody.get(umlaut).headers["location"] == "http://example.com/%C3%BC"
    page = nobody.get(links(message)[-2])
    assert page.status_code == 200
    assert "<form method=post>" in page.text
    assert page.headers.get_list("content-security-policy") == [
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ]
    known = [("click", "http://example.com/ü"), ("click", "https://example.com/shop"), ("open", "")]
    assert facts(server) == known
    done = nobody.post(links(message)[-2], data={})
    assert (done.status_code, "no more messages" in done.text) == (200, True)
    assert facts(server) == [*known, ("unsubscribe", "")]


def test_every_way_to_unsubscribe_with_one_post(server: Served, api: Api, nobody: LawfulClient) -> None:
    url = links(sent(api))[-2]
    ways: list[dict[str, Any]] = [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"json": {}},
    ]
    for way in ways:
        assert nobody.post(url, **way).status_code == 200, way
    assert facts(server) == [("unsubscribe", "")]
    assert nobody.post(url, content=b"x", headers={"content-type": "text/plain"}).status_code == 415
    assert nobody.post(url, content=b"x" * (server.built.world.settings.max_request_bytes + 1)).status_code == 413


def test_a_head_request_has_seen_nothing(server: Served, api: Api, nobody: LawfulClient) -> None:
    message = sent(api)
    for url in (pixel(message), *links(message)[:1]):
        assert nobody.head(url).status_code in {200, 302}
    assert facts(server) == []


def test_the_same_at_once_is_one_fact(server: Served, api: Api) -> None:
    url = pixel(sent(api))
    with ThreadPoolExecutor(8) as threads:
        assert {one.status_code for one in threads.map(lambda _: httpx.get(url), range(32))} == {200}
    assert facts(server) == [("open", "")]


def _changed(token: str) -> list[str]:
    """The token with each part of it changed, cut, and written another way."""
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    flipped = [raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :] for place in range(0, len(raw), 3)]
    others = [base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in flipped]
    return [*others, token[:-1], token[:20], f"{token}A", f"{token}=", f"{token} ", "x", "%F0%9F", "A" * 60_000]


def test_what_was_changed_is_worth_nothing(server: Served, api: Api, nobody: LawfulClient) -> None:
    message = sent(api)
    click = next(url for url in links(message) if "/track/click/" in url)
    other = LinkSigner(b"another server's key, just as long")
    forged = other.write(SignedLink(LinkKind.CLICK, message["requestId"], 2**41, "https://evil.example/"))
    for kind, url in (("open", pixel(message)), ("click", click), ("unsubscribe", links(message)[-2])):
        for token in [*_changed(token_of(url)), forged]:
            address = f"/waystage/v1/track/{kind}/{token}"
            answer = nobody.get(address)
            assert answer.status_code == (200 if kind == "open" else 404), (address, answer.text)
            assert "location" not in answer.headers
            if kind == "unsubscribe":
                assert nobody.post(address, data={}).status_code == 404
    assert nobody.post(f"/waystage/v1/track/feedback/{forged}", json={"type": "bounce"}).status_code == 404
    assert facts(server) == []


def test_a_token_holds_for_its_own_purpose_only(server: Served, api: Api, nobody: LawfulClient) -> None:
    message = sent(api)
    tokens = [token_of(url) for url in (pixel(message), links(message)[0], links(message)[-2])]
    for kind, own in zip(("open", "click", "unsubscribe"), tokens, strict=True):
        for token in tokens:
            answer = nobody.get(f"/waystage/v1/track/{kind}/{token}")
            assert answer.status_code == ({"click": 302}.get(kind, 200) if token == own or kind == "open" else 404)
    assert facts(server) == [("click", "https://example.com/shop"), ("open", "")]


def test_an_old_link_is_worth_nothing(server: Served, api: Api, nobody: LawfulClient) -> None:
    message = sent(api)
    click, leave = links(message)[0], links(message)[-2]
    api.done("POST", ADVANCE, {"by": f"P{LIFE // DAY}D"})
    assert nobody.get(pixel(message)).content[:3] == b"GIF"
    assert [nobody.get(click).status_code, nobody.get(leave).status_code, nobody.post(leave).status_code] == [404] * 3
    assert facts(server) == []


def test_of_a_deleted_contact_nothing_is_noted(server: Served, api: Api, nobody: LawfulClient) -> None:
    message = sent(api)
    api.done(
        "POST",
        f"{CONTACTS}/actions/delete?type=keys",
        {"values": ["ann"], "DeleteOperationType": "ContactAndAttributes"},
    )
    settle(api)
    assert nobody.get(pixel(message)).status_code == 200
    assert nobody.get(links(message)[0]).status_code == 302
    assert nobody.post(links(message)[-2]).status_code == 200
    assert facts(server) == []
    (gone,) = messages(api)
    assert "/track/" not in gone["html"]


def test_feedback_of_a_provider(server: Served, api: Api, nobody: LawfulClient) -> None:
    message = sent(api)
    at = server.built.world.clock.now()
    url = server.built.world.tracker.url(LinkKind.FEEDBACK, message["requestId"], at)
    told: list[dict[str, Any]] = [
        {"type": "bounce"}, {"Type": "BOUNCE"}, {"type": "click", "url": "https://example.com/x?y"},
    ]  # fmt: skip
    for body in told:
        assert nobody.post(url, json=body).status_code == 202, body
    assert facts(server) == [("bounce", ""), ("click", "https://example.com/x")]
    bad: list[Any] = [{}, {"type": "smile"}, {"type": 5}, [], {"type": "click", "url": "x" * 2001}]
    assert [nobody.post(url, json=body).status_code for body in bad] == [400] * len(bad)
    unknown = server.built.world.tracker.url(LinkKind.FEEDBACK, "00000000-0000-0000-0000-000000000000", at)
    assert nobody.post(unknown, json={"type": "bounce"}).status_code == 202


def test_one_key_for_all_processes(sqlite_url: str) -> None:
    """A link that one process has made holds in the next one."""
    with Served(sqlite_url) as first:
        message = sent(first.client())
        key = first.built.database.read(lambda tx: tx.one("SELECT secret FROM link_key")).result()
    with Served(sqlite_url, WAYSTAGE_CLOCK="virtual") as second:
        assert httpx.get(second.address + pixel(message).removeprefix(first.address)).status_code == 200
        assert facts(second) == [("open", "")]
        assert second.built.database.read(lambda tx: tx.one("SELECT secret FROM link_key")).result() == key


def test_whoever_posts_too_often_has_to_wait(sqlite_url: str) -> None:
    with Served(sqlite_url, WAYSTAGE_THROTTLE="1") as server:
        answers = [httpx.post(f"{server.address}/waystage/v1/track/unsubscribe/x").status_code for _ in range(3)]
        assert (answers[0], answers[-1]) == (404, 429)


def test_html_of_any_kind_is_read_in_time(light_server: Served, light: Api) -> None:
    """A mail of a megabyte of nonsense is no burden, and stays as it is where there is no link."""
    nonsense = "<a " * 100_000 + "<a href " * 50_000 + "href=" * 50_000
    message = sent(light, html=nonsense)
    assert message["html"].startswith(nonsense)


def test_a_wish_that_was_taken_back_can_be_made_again(api: Api, nobody: LawfulClient) -> None:
    url, wishes = links(sent(api))[-2], "/waystage/v1/contacts/ann/unsubscribes"
    for _ in range(2):
        nobody.post(url)
        assert api.done("GET", wishes)["count"] == 1
        assert api.done("DELETE", wishes)["count"] == 0
