"""What a connection must be told, and that a secret is never shown."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.acs.file_settings import FileSettings
from adapters.acs.settings import Calendar, Settings

GOOD: dict[str, Any] = {
    "base_url": "https://apis.example.com/api/v1",
    "user": "moda",
    "password": "a-secret-password",
    "account": "TESTACS",
    "sites": {"ACS": "Glasgow"},
}


def test_five_values_are_enough() -> None:
    settings = Settings(**GOOD)
    assert (settings.suffix, settings.auth, settings.sku_mode, settings.proof) == ("", "basic", "product", "get")
    assert settings.calendar.zone.key == "Europe/London"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"password": ""}, "user and password"),
        ({"auth": "apim_key"}, "subscription_key"),
        ({"proof": "event"}, "webhook_secrets"),
        ({"polls": False}, "polls"),
        ({"webhook_secrets": ("short",)}, "webhook_secrets"),
        ({"webhook_secrets": ("a" * 16, "b" * 16, "c" * 16)}, "webhook_secrets"),
        ({"services": {"RM": "RM 24"}}, "services"),
        ({"sites": {"A": "x", "B": "y"}}, "sites"),
        ({"base_url": "apis.example.com"}, "base_url"),
        ({"misc": {"Misc11": "order_code"}}, "misc"),
        ({"calendar": {"time_zone": "Glasgow"}}, "IANA"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_work_is_refused_with_its_name(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        Settings(**{**GOOD, **changes})
    assert "a-secret-password" not in str(caught.value)


def test_a_secret_is_never_shown() -> None:
    settings = Settings(**{**GOOD, "webhook_secrets": ("a-very-secret-webhook-key",)})
    assert "secret" not in repr(settings).replace("webhook_secrets", "")


def test_folders_are_four_and_a_stock_files_name_tells_its_day(settings: Settings) -> None:
    assert settings.files is not None
    plain = settings.files.model_dump()
    for changes in ({"setup_folder": "/stock"}, {"stock_name": "stock.csv"}, {"stock_headers": {"Colour": "x"}}):
        with pytest.raises(ValidationError):
            FileSettings(**{**plain, **changes})


def test_a_calendar_has_days_of_its_own() -> None:
    calendar = Calendar.model_validate({"nation": "ENG", "cut_off": "14:30", "closed": ["2026-12-24"]})
    assert calendar.cut_off.hour == 14
    assert len(calendar.closed) == 1
