"""The settings of an ACS connection as the mappings take them: account, calendar, rules for hires."""

from __future__ import annotations

import mappings.acs as words
from adapters.acs.settings import Settings
from mappings.hire_rules import HireRules
from mappings.working_days import WorkingDays


def account_of(settings: Settings) -> words.Account:
    """The constants in every order."""
    return words.Account(
        code=settings.account,
        sku_mode=settings.sku_mode,
        services=settings.services,
        allowed=settings.allowed_services,
        countries=settings.countries,
        misc=settings.misc,
    )


def calendar_of(settings: Settings) -> WorkingDays:
    """The days on which the warehouse works, and its cut-off."""
    calendar = settings.calendar
    return WorkingDays(
        zone=calendar.zone,
        nation=calendar.nation,
        cut_off=calendar.cut_off,
        week=frozenset(calendar.week),
        closed=frozenset(calendar.closed),
        open=frozenset(calendar.open),
    )


def hire_rules_of(settings: Settings) -> HireRules:
    """How a hire is recognised in Khaos Control, and its days."""
    hire = settings.hire
    return HireRules(
        channels=frozenset(hire.channels),
        stock_types=frozenset(hire.stock_types),
        line_field=hire.line_field,
        event_field=hire.event_field,
        length_field=hire.length_field,
        lengths=hire.lengths,
        early_days=hire.early_days,
        transit_days=settings.calendar.transit_days,
    )
