"""Settings: the table and the record agree, values are read in the right order, refusals name the variable."""

from dataclasses import fields
from pathlib import Path

import pytest

from waystage.ground.settings import SETTINGS, ClockChoice, SettingError, Settings, load, read_config


def test_the_table_and_the_record_name_the_same_settings() -> None:
    assert [setting.field for setting in SETTINGS] == [field.name for field in fields(Settings)]
    assert all(setting.help for setting in SETTINGS)


def test_defaults() -> None:
    settings = load({})
    assert settings.database_url == "sqlite:///waystage.db"
    assert settings.public_url == "http://127.0.0.1:8080"
    assert (settings.utc_offset, settings.no_change_status, settings.max_request_bytes) == (0, 304, 5 * 1024 * 1024)
    assert settings.clock == ClockChoice("system")


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    path = tmp_path / "waystage.toml"
    path.write_text('port = 9000\nutc_offset = "-06:00"\nfine_scopes = true\n', encoding="utf-8")
    environ = {"WAYSTAGE_CONFIG": str(path), "WAYSTAGE_PORT": "9001", "WAYSTAGE_HOST": " "}
    settings = load(environ, read_config(environ))
    assert (settings.port, settings.utc_offset, settings.fine_scopes, settings.host) == (9001, -360, True, "127.0.0.1")


@pytest.mark.parametrize(
    ("raw", "choice"),
    [
        ("virtual", ClockChoice("virtual")),
        ("virtual:2026-01-01T00:00:00Z", ClockChoice("virtual", start=1_767_225_600_000)),
        ("virtual:2026-01-01", ClockChoice("virtual", start=1_767_225_600_000)),
        ("scaled:17280", ClockChoice("scaled", rate=17280.0)),
    ],
)
def test_clocks(raw: str, choice: ClockChoice) -> None:
    assert load({"WAYSTAGE_CLOCK": raw}).clock == choice


@pytest.mark.parametrize(
    ("host", "address"), [("0.0.0.0", "http://127.0.0.1:80"), ("::1", "http://[::1]:80"), ("a.b", "http://a.b:80")]
)
def test_the_public_address_follows_host_and_port(host: str, address: str) -> None:
    assert load({"WAYSTAGE_HOST": host, "WAYSTAGE_PORT": "80"}).public_url == address
    assert load({"WAYSTAGE_HOST": host, "WAYSTAGE_PUBLIC_URL": "https://x.y/z/"}).public_url == "https://x.y/z"


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("PORT", "70000"),
        ("PORT", "x"),
        ("PORT", "٣"),
        ("PUBLIC_URL", "example.org"),
        ("CLIENT_ID", "alone"),
        ("ACCOUNT_ID", "0"),
        ("CLOCK", "fast"),
        ("CLOCK", "virtual:soon"),
        ("CLOCK", "scaled:0"),
        ("CLOCK", "scaled:-1"),
        ("UTC_OFFSET", "6"),
        ("UTC_OFFSET", "+15:00"),
        ("SMTP_URL", "mail"),
        ("NO_CHANGE_STATUS", "204"),
        ("REQUIRE_MODIFIED_DATE", "perhaps"),
        ("MISSING_EVENT_DEFINITION", "410"),
        ("LANES", "0"),
    ],
)
def test_refusals_name_the_variable(name: str, raw: str) -> None:
    with pytest.raises(SettingError, match=f"WAYSTAGE_{name}"):
        load({f"WAYSTAGE_{name}": raw})


def test_refusals_of_files(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"WAYSTAGE_CONFIG.*prot"):
        load({}, {"prot": 8080})
    with pytest.raises(SettingError, match="WAYSTAGE_PORT"):
        load({}, {"port": [1]})
    with pytest.raises(SettingError, match="WAYSTAGE_CONFIG"):
        read_config({"WAYSTAGE_CONFIG": str(tmp_path / "none.toml")})


def test_secrets_are_not_shown() -> None:
    settings = load({"WAYSTAGE_CLIENT_ID": "a", "WAYSTAGE_CLIENT_SECRET": "hidden", "WAYSTAGE_SECRET_KEY": "hidden"})
    assert "hidden" not in repr(settings)
