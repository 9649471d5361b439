"""E-mail over SMTP, with servers that behave and servers that do not (journey-spec 8.9, contract 23)."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.channels.servers import AT, DROP, HANG, MailServer, RudeServer, delivered, message, parsed, part
from tests.crash.process import free_port
from waystage.channels import registry
from waystage.channels.base import Channel, Message, Outcome, Receipt
from waystage.ground.settings import load
from waystage.plan import families

SENDER = "Wäystage News <news@example.org>"


def channel(url: str, *, connections: int = 2, patience: float = 5.0) -> Channel:
    """The channel that these settings open, with a test's measure of connections and patience."""
    opened = registry.ways_out(load({"WAYSTAGE_SMTP_URL": url, "WAYSTAGE_MAIL_FROM": SENDER}))["email"]
    make: Any = type(opened)
    made: Channel = make(cast("Any", opened).server, SENDER, connections=connections, patience=patience)
    return made


def outcomes(receipts: list[Receipt]) -> list[str]:
    return [receipt.outcome.value for receipt in receipts]


def one(url: str, letter: Message, *, attempts: int = 1) -> list[Receipt]:
    """The receipts of one message over several attempts."""
    return [receipts[0] for receipts in delivered(channel(url, connections=1), *[[letter]] * attempts)]


def test_a_message_arrives_as_it_was_meant() -> None:
    letter = message(subject="Größe ☃", html="<p>Zoë &amp; .\n.</p>", text="Zoë\n.\nend")
    with MailServer() as server:
        assert one(server.url, letter) == [Receipt(Outcome.SENT)]
    (octets,) = server.letters
    found = parsed(octets)
    assert server.envelopes == [("news@example.org", "a1@example.com")]
    assert [found[name] for name in ("From", "To", "Subject")] == [SENDER, "a1@example.com", "Größe ☃"]
    assert found["Message-ID"] == "<request-1@waystage>"
    assert found["Date"].datetime == datetime.fromtimestamp(AT / 1000, UTC)
    assert found.get_content_type() == "multipart/alternative"
    assert (part(found, "html"), part(found, "plain")) == ("<p>Zoë &amp; .\n.</p>", "Zoë\n.\nend")
    assert all(len(line) < 100 for line in octets.splitlines())


@pytest.mark.parametrize(
    ("texts", "kind"),
    [({"html": "<i>x</i>", "text": ""}, "text/html"), ({"text": "x"}, "text/plain"), ({"text": ""}, "text/plain")],
)
def test_one_body_needs_no_parts(texts: dict[str, Any], kind: str) -> None:
    with MailServer() as server:
        one(server.url, message(1, **texts))
    found = parsed(server.letters[0])
    assert found.get_content_type() == kind
    assert found.get_content() == (texts.get("html") or texts["text"])


@pytest.mark.parametrize(
    ("subject", "seen"),
    [
        ("a\r\nBcc: eve@example.com", "a Bcc: eve@example.com"),
        ("a\n\n<b>body</b>", "a <b>body</b>"),
        ("a\x00b\u2028c\x85d", "a b c d"),
        ("=?utf-8?q?encoded?= already", "=?utf-8?q?encoded?= already"),
        ("x" * 500, "x" * 500),
        ("Grüße " * 100, ("Grüße " * 100).strip()),
        (" " * 5, None),
        ("", None),
    ],
)
def test_a_subject_is_one_header_whatever_it_holds(subject: str, seen: str | None) -> None:
    with MailServer() as server:
        assert outcomes(one(server.url, message(subject=subject))) == ["sent"]
    found = parsed(server.letters[0])
    assert found["Subject"] == (seen or "")
    assert found.keys().count("Subject") == 1
    assert "Bcc" not in found
    assert len(found.keys()) == 8


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b c",
            "a@b\r\nRCPT TO:<eve@x>",
            "a@b>",
            "<a@b>",
            "a@b,c@d",
            "a;b@c",
        ),
        *('"a"@b', "a@[127.0.0.1]", "a(x)@b", "a\x00@b", "x" * 300 + "@example.com"),
    ],
)
def test_what_is_no_address_never_reaches_the_server(address: str) -> None:
    with RudeServer() as server:
        (receipt,) = one(server.url, message(to=address))
    assert receipt.outcome is Outcome.FAILED
    assert "InvalidAddress" in receipt.detail
    assert "\n" not in receipt.detail
    assert not server.seen


def test_an_address_beyond_ascii_goes_to_a_server_that_takes_it() -> None:
    with MailServer() as server:
        assert outcomes(one(server.url, message(to="zoë@exämple.org"))) == ["sent"]
    assert server.envelopes[0][1] == "zoë@exämple.org"


def test_many_messages_share_few_connections() -> None:
    batch = [message(number) for number in range(100)]
    with MailServer() as server:
        (first, second) = delivered(channel(server.url, connections=3), batch, batch)
        assert {receipt.outcome for receipt in first + second} == {Outcome.SENT}
        assert len(server.peers) <= 3
    assert len(server.letters) == 200
    assert len({parsed(octets)["Message-ID"] for octets in server.letters}) == 100
    assert len(set(server.letters)) == 100  # the same octets on the second attempt


def test_permanent_refusals_fail_at_once_and_harm_nobody_else() -> None:
    def manners(verb: str, n: int) -> str | None:
        return {("RCPT", 1): "550 5.1.1 no such user", ("TEXT", 1): "554 spam"}.get((verb, n))

    with RudeServer(manners) as server:
        (receipts,) = delivered(channel(server.url, connections=1), [message(number) for number in range(4)])
    assert outcomes(receipts) == ["failed", "failed", "sent", "sent"]
    assert [receipts[0].detail, receipts[1].detail] == ["550 5.1.1 no such user", "554 spam"]
    assert (server.seen["CONNECT"], len(server.letters)) == (1, 2)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "TEXT"])
def test_transient_refusals_defer(verb: str) -> None:
    with RudeServer(lambda said, n: "451 later" if said == verb and n <= 2 else None) as server:
        receipts = one(server.url, message(), attempts=3)
    assert outcomes(receipts) == ["deferred", "deferred", "sent"]
    assert receipts[0] == Receipt(Outcome.DEFERRED, "451 later")
    assert len(server.letters) == 1


def test_a_connection_lost_within_the_text_leaves_the_outcome_unknown() -> None:
    with RudeServer(lambda verb, n: DROP if (verb, n) == ("TEXT", 1) else None) as server:
        first, second = one(server.url, message(), attempts=2)
    assert (first.outcome, second.outcome) == (Outcome.UNKNOWN, Outcome.SENT)
    assert first.detail.startswith("OutcomeUnknown:")
    assert parsed(server.letters[0])["Message-ID"] == "<request-1@waystage>"


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_connection_lost_before_the_text_is_made_anew_without_an_attempt(verb: str) -> None:
    with RudeServer(lambda said, n: DROP if (said, n) == (verb, 2) else None) as server:
        (receipts,) = delivered(channel(server.url, connections=1), [message(1), message(2), message(3)])
    assert outcomes(receipts) == ["sent"] * 3
    assert (server.seen["CONNECT"], len(server.letters)) == (2, 3)


def test_a_server_that_closes_after_some_messages_is_met_again() -> None:
    with RudeServer(lambda verb, n: "421 enough" if (verb, n) == ("MAIL", 3) else None) as server:
        (receipts,) = delivered(channel(server.url, connections=1), [message(number) for number in range(4)])
    assert outcomes(receipts) == ["sent"] * 4
    assert server.seen["CONNECT"] == 2


def test_nobody_listens() -> None:
    (receipts,) = delivered(channel(f"smtp://127.0.0.1:{free_port()}"), [message(number) for number in range(50)])
    assert {(receipt.outcome, receipt.reached) for receipt in receipts} == {(Outcome.DEFERRED, False)}
    assert all(receipt.detail.startswith("NotReached:") for receipt in receipts)


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL"])
def test_a_server_that_falls_silent_before_the_text_defers(verb: str) -> None:
    with RudeServer(lambda said, n: HANG if said == verb else None) as server:
        (receipts,) = delivered(channel(server.url, patience=0.05), [message(number) for number in range(20)])
    assert {(receipt.outcome, receipt.reached) for receipt in receipts} == {(Outcome.DEFERRED, False)}
    assert server.seen["CONNECT"] <= 2  # one time-out per connection, not per message


def test_a_server_that_falls_silent_after_the_text_leaves_one_unknown_per_connection() -> None:
    with RudeServer(lambda verb, n: HANG if verb == "TEXT" else None) as server:
        (receipts,) = delivered(channel(server.url, patience=0.05), [message(number) for number in range(20)])
    assert sorted(outcomes(receipts)) == ["deferred"] * 18 + ["unknown"] * 2
    assert not any(receipt.reached for receipt in receipts)


def test_a_greeting_that_refuses_is_no_verdict_on_a_message() -> None:
    with RudeServer(lambda verb, n: "554 go away" if verb == "CONNECT" else None) as server:
        (receipt,) = one(server.url, message())
    assert (receipt.outcome, receipt.reached) == (Outcome.DEFERRED, False)


def test_user_and_password_of_the_address_log_in() -> None:
    def check(server: object, session: object, envelope: object, mechanism: str, data: Any) -> AuthResult:
        login, password = data.login, data.password
        return AuthResult(success=(login, password) == (b"u@x", b"p:w/"), auth_data=data, handled=True)

    with MailServer(authenticator=check, auth_require_tls=False) as server:
        assert outcomes(one(server.url.replace("//", "//u%40x:p%3Aw%2F@"), message())) == ["sent"]
    assert server.users == {b"u@x"}


def test_a_refused_login_is_no_verdict_on_a_message() -> None:
    answers = {"EHLO": "250-rude\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 no"}
    with RudeServer(lambda verb, n: answers.get(verb)) as server:
        (refused,) = one(server.url.replace("//", "//ann:hidden@"), message())
    assert (refused.outcome, refused.reached) == (Outcome.DEFERRED, False)
    assert "535" in refused.detail
    assert "hidden" not in refused.detail


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_starttls_is_used_where_it_is_offered(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with MailServer(tls_context=_tls(certificate), require_starttls=True) as server:
        (stranger,) = one(server.url, message())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        (friend,) = one(server.url, message())
    assert (stranger.outcome, stranger.reached) == (Outcome.DEFERRED, False)
    assert "certificate" in stranger.detail
    assert friend.outcome is Outcome.SENT
    assert len(server.letters) == 1


def test_smtps_speaks_tls_from_the_first_byte(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with MailServer(ssl_context=_tls(certificate)) as server:
        assert outcomes(one(server.url.replace("smtp:", "smtps:"), message())) == ["sent"]
    assert len(server.letters) == 1


def test_without_an_address_there_is_no_way_out() -> None:
    assert registry.ways_out(load({})) == {}
    known = registry.load()["email"]
    with pytest.raises(ValueError, match="claim the name email"):
        families.by_name([known, replace(known, summary="another")], lambda member: (member.name,))


COPIES = {"cc": ("c1@example.com", "c2@example.com"), "bcc": ("b1@example.com",)}


@pytest.mark.spec("3.10")
def test_copies_stand_in_the_envelope_and_only_open_ones_in_the_letter() -> None:
    headers = (("List-Unsubscribe", "<https://example.com/u>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    with MailServer() as server:
        assert one(server.url, message(1, **COPIES, headers=headers)) == [Receipt(Outcome.SENT)]
    assert server.recipients == [["a1@example.com", "c1@example.com", "c2@example.com", "b1@example.com"]]
    found = parsed(server.letters[0])
    assert [str(address) for address in found["Cc"].addresses] == list(COPIES["cc"])
    assert found["Bcc"] is None
    assert b"b1@" not in server.letters[0]
    assert (found["List-Unsubscribe"], found["List-Unsubscribe-Post"]) == (headers[0][1], headers[1][1])


def test_what_is_no_address_gets_no_copy() -> None:
    copies = ("x\r\nRCPT TO:<eve@example.com>", "c@example.com>", "nobody", "é@example.com", "c1@example.com")
    with MailServer() as server:
        assert one(server.url, message(1, cc=copies, bcc=copies)) == [Receipt(Outcome.SENT)]
    assert server.recipients == [["a1@example.com", *("é@example.com", "c1@example.com") * 2]]
    assert "\r\nCc: é@example.com,\r\n c1@example.com\r\n".encode() in server.letters[0]


def test_many_copies_make_no_long_line() -> None:
    many = tuple(f"{'x' * 50}{number}@example.com" for number in range(50))
    with MailServer() as server:
        assert one(server.url, message(1, cc=many)) == [Receipt(Outcome.SENT)]
    assert max(map(len, server.letters[0].splitlines())) < 100


def test_header_values_begin_no_other_header() -> None:
    with MailServer() as server:
        one(server.url, message(1, headers=(("X-A", "a\r\nBcc: eve@example.com\n\nbody"),)))
    found = parsed(server.letters[0])
    assert found["X-A"] == "a Bcc: eve@example.com body"
    assert found["Bcc"] is None


@pytest.mark.parametrize(
    ("verb", "nth", "reply", "outcome", "bounced"),
    [
        ("RCPT", 1, "550 no such user", "failed", True),
        ("RCPT", 1, "450 later", "deferred", False),
        ("RCPT", 2, "550 no such user", "sent", False),
        ("RCPT", 4, "450 later", "sent", False),
        ("MAIL", 1, "550 not from you", "failed", False),
        ("DATA", 1, "554 no", "failed", False),
        ("TEXT", 1, "554 spam", "failed", False),
    ],
)
def test_only_the_first_recipient_counts(verb: str, nth: int, reply: str, outcome: str, bounced: bool) -> None:
    with RudeServer(lambda said, n: reply if (said, n) == (verb, nth) else None) as server:
        (receipt,) = one(server.url, message(1, **COPIES))
    assert (receipt.outcome.value, receipt.bounced) == (outcome, bounced)
    assert len(server.letters) == (outcome == "sent")
