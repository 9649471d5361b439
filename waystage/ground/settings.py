"""Every setting in one table: name, default, how it is read, what it means; read once, by the program's start."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

PREFIX = "WAYSTAGE_"
MINUTES_PER_HOUR = 60
MAX_PORT = 65535
MAX_OFFSET_HOURS = 14
MAX_LANES = 4096
MAX_HISTORY_DAYS = 36_500
#: The words by which messages name their channels (journey-spec 3.10, 3.11).
CHANNELS = ("email", "sms", "push", "inbox", "inapp", "line", "whatsapp")


class SettingError(ValueError):
    """A setting cannot be read; the text names the variable and what is expected."""


@dataclass(frozen=True)
class ClockChoice:
    """What `WAYSTAGE_CLOCK` asks for: `start` in ms UTC if virtual, `rate` in journey seconds per second if scaled."""

    mode: Literal["system", "virtual", "scaled"]
    start: int | None = None
    rate: float | None = None


@dataclass(frozen=True)
class Rate:
    """How fast the messages of a channel may leave; 0 is no limit."""

    per_second: int = 0
    per_hour: int = 0


@dataclass(frozen=True)
class Setting:
    """One row of the table; `parse` turns the text into the value or raises ValueError saying what is expected."""

    name: str
    default: str
    parse: Callable[[str], Any]
    help: str

    @property
    def field(self) -> str:
        """Give the attribute of `Settings` and the name in a TOML file."""
        return self.name.removeprefix(PREFIX).lower()


def _text(raw: str) -> str:
    return raw


def _optional(raw: str) -> str | None:
    return raw or None


def _flag(raw: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if raw.lower() not in words:
        raise ValueError("true or false is expected")
    return words[raw.lower()]


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", raw) or not low <= int(raw) <= high:
            raise ValueError(f"a whole number from {low} to {high} is expected")
        return int(raw)

    return parse


def _status(*allowed: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if raw not in {str(one) for one in allowed}:
            raise ValueError(" or ".join(str(one) for one in allowed) + " is expected")
        return int(raw)

    return parse


def _database_url(raw: str) -> str:
    if not raw.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ValueError("sqlite:///path or postgresql://... is expected")
    return raw


def _base_url(raw: str) -> str | None:
    if raw and not re.match(r"https?://[^/]+", raw):
        raise ValueError("an address that starts with http:// or https:// is expected")
    return raw.rstrip("/") or None


def _smtp_url(raw: str) -> str | None:
    if raw and not re.match(r"smtps?://[^/]+", raw):
        raise ValueError("smtp://user:password@host:port is expected")
    return raw or None


def _webhook_url(raw: str) -> str | None:
    if raw and not re.fullmatch(r"https?://[^/\s]+\S*", raw):
        raise ValueError("an address that starts with http:// or https:// is expected")
    return raw or None


def _names(raw: str) -> tuple[str, ...]:
    names = tuple(part.strip().lower() for part in raw.split(",") if part.strip())
    if unknown := sorted(set(names) - set(CHANNELS)):
        raise ValueError(f"names out of {', '.join(CHANNELS)} are expected, not {unknown[0]}")
    return names


def _rates(raw: str) -> Mapping[str, Rate]:
    """The limits of each channel, such as `email=50/s,20000/h;sms=10/s`."""
    rates: dict[str, Rate] = {}
    for part in filter(None, (one.strip() for one in raw.split(";"))):
        name, _, limits = part.partition("=")
        found = [re.fullmatch(r"([1-9][0-9]{0,8})/([sh])", limit.strip()) for limit in limits.split(",")]
        (channel,) = _names(name) or ("",)
        if not channel or channel in rates or not all(found):
            raise ValueError("limits such as email=50/s,20000/h;sms=10/s are expected")
        units = {match[2]: int(match[1]) for match in found if match}
        rates[channel] = Rate(units.get("s", 0), units.get("h", 0))
    return rates


def _sender(raw: str) -> str:
    if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+|[^\x00-\x1f\x7f<>@]+<[^\s<>@]+@[^\s<>@]+>", raw):
        raise ValueError("an address such as news@example.org, or Name <news@example.org>, is expected")
    return raw


def _lanes(raw: str) -> int | None:
    return _whole(1, MAX_LANES)(raw) if raw else None


def _days(raw: str) -> int | None:
    return _whole(1, MAX_HISTORY_DAYS)(raw) if raw else None


def _offset(raw: str) -> int:
    match = re.fullmatch(r"([+-])([0-9]{2}):([0-9]{2})", raw.replace("\N{MINUS SIGN}", "-"))
    if not match or int(match[2]) > MAX_OFFSET_HOURS or int(match[3]) >= MINUTES_PER_HOUR:
        raise ValueError("an offset such as +00:00 or -06:00 is expected")
    minutes = int(match[2]) * MINUTES_PER_HOUR + int(match[3])
    return -minutes if match[1] == "-" else minutes


def _clock(raw: str) -> ClockChoice:
    mode, _, rest = raw.partition(":")
    if raw in {"system", "virtual"}:
        return ClockChoice("system" if raw == "system" else "virtual")
    if mode == "virtual":
        return ClockChoice("virtual", start=_instant(rest))
    if mode == "scaled" and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", rest) and float(rest) > 0:
        return ClockChoice("scaled", rate=float(rest))
    raise ValueError("system, virtual, virtual:2026-01-01T00:00:00Z or scaled:17280 is expected")


def _instant(raw: str) -> int:
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        raise ValueError("virtual:2026-01-01T00:00:00Z is expected") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "WAYSTAGE_DATABASE_URL",
        "sqlite:///waystage.db",
        _database_url,
        "where the data lies: sqlite:///path or postgresql://...",
    ),
    Setting("WAYSTAGE_HOST", "127.0.0.1", _text, "address that the server listens on"),
    Setting("WAYSTAGE_PORT", "8080", _whole(0, MAX_PORT), "port that the server listens on; 0 = any free one"),
    Setting(
        "WAYSTAGE_HEALTH_PORT",
        "0",
        _whole(0, MAX_PORT),
        "port on which waystage worker answers /healthz, /readyz and /metrics; 0 = it listens nowhere",
    ),
    Setting(
        "WAYSTAGE_PUBLIC_URL",
        "",
        _base_url,
        "base of rest_instance_url and tracking links; default: from host and port",
    ),
    Setting("WAYSTAGE_CLIENT_ID", "", _optional, "make sure that this API client exists, with every scope"),
    Setting("WAYSTAGE_CLIENT_SECRET", "", _optional, "secret of WAYSTAGE_CLIENT_ID"),
    Setting("WAYSTAGE_ACCOUNT_ID", "1", _whole(1, 2**53), "number (MID) of the default business unit"),
    Setting(
        "WAYSTAGE_CLOCK",
        "system",
        _clock,
        "system, virtual, virtual:2026-01-01T00:00:00Z or scaled:17280 (that many seconds per second)",
    ),
    Setting("WAYSTAGE_UTC_OFFSET", "+00:00", _offset, "offset in which dates without a zone are read and written"),
    Setting(
        "WAYSTAGE_SMTP_URL",
        "",
        _smtp_url,
        "smtp://user:password@host:port; without it messages stay in the store as captured",
    ),
    Setting("WAYSTAGE_MAIL_FROM", "waystage@localhost", _sender, "sender of e-mails: an address, or Name <address>"),
    Setting(
        "WAYSTAGE_WEBHOOK_URL",
        "",
        _webhook_url,
        "where messages of WAYSTAGE_WEBHOOK_CHANNELS are posted; without it they stay in the store as captured",
    ),
    Setting(
        "WAYSTAGE_WEBHOOK_SECRET",
        "",
        _optional,
        "signs what is posted to WAYSTAGE_WEBHOOK_URL: any text, or whsec_ and base64 (Standard Webhooks)",
    ),
    Setting(
        "WAYSTAGE_WEBHOOK_CHANNELS",
        ",".join(name for name in CHANNELS if name != "email"),
        _names,
        "channels whose messages are posted to WAYSTAGE_WEBHOOK_URL; email may be one of them",
    ),
    Setting(
        "WAYSTAGE_CHANNEL_RATES",
        "",
        _rates,
        "how fast messages may leave, such as email=50/s,20000/h;sms=10/s; default: as fast as they are taken",
    ),
    Setting("WAYSTAGE_ALLOW_PRIVATE_URLS", "false", _flag, "let custom activities call loopback and private addresses"),
    Setting(
        "WAYSTAGE_NO_CHANGE_STATUS",
        "304",
        _status(304, 200),
        "answer to an update that changes nothing: 304 without a body or 200 with the journey",
    ),
    Setting(
        "WAYSTAGE_REQUIRE_MODIFIED_DATE", "true", _flag, "refuse updates of journeys without version and modifiedDate"
    ),
    Setting(
        "WAYSTAGE_MISSING_EVENT_DEFINITION", "404", _status(404, 400), "status of a call on an unknown event definition"
    ),
    Setting("WAYSTAGE_MAX_PAGE_SIZE", "500", _whole(1, 10_000), "largest $pageSize; larger ones are clamped to it"),
    Setting(
        "WAYSTAGE_FINE_SCOPES",
        "false",
        _flag,
        "ask for journeys_aspr to publish, stop, pause and resume, and for list_and_subscribers_read to post events",
    ),
    Setting(
        "WAYSTAGE_THROTTLE",
        "0",
        _whole(0, 10_000_000),
        "calls a minute that each API client may make, and token requests each address; 0 = any number",
    ),
    Setting("WAYSTAGE_MAX_REQUEST_BYTES", "5242880", _whole(1024, 2**31), "largest request body in bytes"),
    Setting(
        "WAYSTAGE_MAX_IMPORT_BYTES",
        "10737418240",
        _whole(1024, 2**50),
        "largest file of an import in bytes, as it is sent and unpacked",
    ),
    Setting(
        "WAYSTAGE_SECRET_KEY",
        "",
        _optional,
        "key that encrypts stored signing keys; default on SQLite: a key file beside the database",
    ),
    Setting(
        "WAYSTAGE_TEST_WAIT_SECONDS", "10", _whole(1, 86_400), "how long every wait lasts in journeys of test mode"
    ),
    Setting(
        "WAYSTAGE_HISTORY_DAYS",
        "",
        _days,
        "days after its end for which history and entry data of a passage are kept; default: for ever",
    ),
    Setting(
        "WAYSTAGE_MESSAGE_DAYS",
        "",
        _days,
        "days for which messages are kept that were handed over or never will be; default: for ever",
    ),
    Setting("WAYSTAGE_AUDIT_DAYS", "", _days, "days for which the audit is kept; default: for ever"),
    Setting(
        "WAYSTAGE_REQUEST_DAYS",
        "30",
        _whole(1, MAX_HISTORY_DAYS),
        "days for which asynchronous requests, simulations, imports and publish jobs are kept",
    ),
    Setting("WAYSTAGE_LANES", "", _lanes, "number of lanes of a new database; default: 1 on SQLite, 64 on PostgreSQL"),
)
"""The table; `WAYSTAGE_CONFIG` itself only names the TOML file with further values and so is no row of it."""


@dataclass(frozen=True)
class Settings:
    """The values of `SETTINGS`, field by field; offsets in minutes, sizes in bytes."""

    database_url: str
    host: str
    port: int
    health_port: int
    public_url: str
    client_id: str | None
    client_secret: str | None = field(repr=False)
    account_id: int
    clock: ClockChoice
    utc_offset: int
    smtp_url: str | None = field(repr=False)
    mail_from: str
    webhook_url: str | None = field(repr=False)
    webhook_secret: str | None = field(repr=False)
    webhook_channels: tuple[str, ...]
    channel_rates: Mapping[str, Rate] = field(hash=False)
    allow_private_urls: bool
    no_change_status: int
    require_modified_date: bool
    missing_event_definition: int
    max_page_size: int
    fine_scopes: bool
    throttle: int
    max_request_bytes: int
    max_import_bytes: int
    secret_key: str | None = field(repr=False)
    test_wait_seconds: int
    history_days: int | None
    message_days: int | None
    audit_days: int | None
    request_days: int
    lanes: int | None


def read_config(environ: Mapping[str, str]) -> dict[str, object]:
    """Read the TOML file named by `WAYSTAGE_CONFIG`; nothing without the variable; SettingError when unreadable."""
    path = environ.get("WAYSTAGE_CONFIG")
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"WAYSTAGE_CONFIG: cannot read {path}: {error}") from error


def load(environ: Mapping[str, str], toml: Mapping[str, object] | None = None) -> Settings:
    """Read all settings: environment, then TOML file (names in lower case without prefix), then defaults."""
    written = toml or {}
    unknown = sorted(set(written) - {setting.field for setting in SETTINGS})
    if unknown:
        raise SettingError(f"WAYSTAGE_CONFIG: no such setting: {', '.join(unknown)}")
    values = {setting.field: _value(setting, environ, written) for setting in SETTINGS}
    if (values["client_id"] is None) != (values["client_secret"] is None):
        raise SettingError("WAYSTAGE_CLIENT_ID and WAYSTAGE_CLIENT_SECRET belong together: set both or neither")
    if (values["webhook_url"] is None) != (values["webhook_secret"] is None):
        raise SettingError("WAYSTAGE_WEBHOOK_URL and WAYSTAGE_WEBHOOK_SECRET belong together: set both or neither")
    if values["webhook_url"] and values["smtp_url"] and "email" in values["webhook_channels"]:
        raise SettingError("WAYSTAGE_WEBHOOK_CHANNELS: e-mails go to WAYSTAGE_SMTP_URL already; take one of them away")
    values["public_url"] = values["public_url"] or _address(values["host"], values["port"])
    return Settings(**values)


def _value(setting: Setting, environ: Mapping[str, str], toml: Mapping[str, object]) -> Any:
    raw = environ.get(setting.name)
    if raw is None or not raw.strip():
        raw = _toml_text(setting, toml[setting.field]) if setting.field in toml else setting.default
    try:
        return setting.parse(raw.strip())
    except ValueError as error:
        raise SettingError(f"{setting.name}: {error}") from None


def _toml_text(setting: Setting, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise SettingError(f"{setting.name}: a text, number or boolean is expected in the TOML file")


def _address(host: str, port: int) -> str:
    reachable = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 (compared, not bound)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
