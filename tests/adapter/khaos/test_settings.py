"""What a Khaos connection may be told."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.khaos import Settings

URL = "https://khaos.example.test:4433/LiveSoap/KhaosKSD.exe"


def test_a_url_is_enough_and_the_rest_has_defaults() -> None:
    settings = Settings(url=URL)
    assert (settings.tls, settings.auth, settings.extensions.confirm_shipment) == ("verify", "none", None)
    assert (settings.ready_stages, settings.withdraw_stages) == ((9,), (17, 18, 19, 21))
    assert str(settings.zone) == "Europe/London"


def test_everything_can_be_told_in_toml_and_secrets_are_not_shown() -> None:
    told = f"""
        url = "{URL}"
        tls = {{ ca_bundle = "/etc/khaos.pem" }}
        auth = {{ basic = {{ user = "fleet", password = "s3cret" }} }}
        ready_stages = [9, 10]
        sites = ["Main Site"]
        rate = "30/m"
        [extensions.confirm_shipment]
        operation = "ShipInvoice"
        arguments = {{ invoice = "Nr", items = "Lines" }}
    """
    settings = Settings(**tomllib.loads(told))
    assert settings.extensions.confirm_shipment is not None
    assert settings.extensions.confirm_shipment.arguments == {"invoice": "Nr", "items": "Lines"}
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "khaos.exe"},
        {"url": f"{URL}/"},
        {"tsl": "insecure"},
        {"tls": "off"},
        {"tls": {"pinned_sha256": "abc"}},
        {"auth": {"argument": {"name": "a b", "value": "x"}}},
        {"ready_stages": []},
        {"rate": "often"},
        {"time_zone": "London"},
        {"service_lines": {"*-HIRE": "GOWN"}},
        {"service_lines": {"*-*": "*-*"}},
        {"service_lines": {"GOWN": "GOWN"}},
        {"service_lines": {"GOWN-4D": "GOWN", "GOWN-8D": "GOWN"}},
        {"deadline": 0},
    ],
)
def test_what_cannot_be_right_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**{"url": URL, **wrong})


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings(url=URL).url = "x"  # type: ignore[misc]
