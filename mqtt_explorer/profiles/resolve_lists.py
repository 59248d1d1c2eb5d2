# SPDX-License-Identifier: MIT
"""The lists of a profile: user properties and start-up subscriptions, checked row by row. An empty row does not count."""

from __future__ import annotations

from mqtt_explorer.errors import MqttExplorerError
from mqtt_explorer.profiles.problem import Problems
from mqtt_explorer.profiles.profile import Pairs, SubscriptionDraft
from mqtt_explorer.protocol.limits import Limits
from mqtt_explorer.protocol.requests import MAX_PACKET, Subscription
from mqtt_explorer.protocol.topics import TopicError, TopicFilter, utf8_problem


def pairs_of(typed: Pairs, field: str, problems: Problems) -> Pairs:
    """User properties without the empty rows; problems are named ``field.0``, ``field.1``, …"""
    good = []
    for index, (name, value) in enumerate(typed):
        if not name and not value:
            continue
        wrong = [problem for text in (name, value) if (problem := utf8_problem(text))]
        if not name:
            problems.add(f"{field}.{index}", "Enter a name for this user property.")
        elif wrong:
            problems.add(f"{field}.{index}", f"This user property {wrong[0]}")
        else:
            good.append((name, value))
    return tuple(good)


def subscriptions_of(
    drafts: tuple[SubscriptionDraft, ...], limits: Limits, problems: Problems
) -> tuple[Subscription, ...]:
    """Start-up subscriptions without the empty rows; problems are named ``subscriptions.2.filter``.

    MQTT 3.1.1 has no options and identifiers: they do not count there.
    """
    good: list[Subscription] = []
    for index, draft in enumerate(drafts):
        if not draft.filter:
            continue
        place = f"subscriptions.{index}"
        try:
            wanted = TopicFilter(draft.filter)
        except TopicError as error:
            problems.add(f"{place}.filter", error.message)
            continue
        if any(each.filter == wanted for each in good):
            problems.add(f"{place}.filter", "This filter is in the list twice; remove one of them.")
            continue
        before = len(problems.found)
        subscription = _subscription(draft, wanted, limits.v5, place, problems)
        if subscription is not None:
            for name, reason in (
                ("filter", limits.filter_reason(wanted)),
                ("qos", limits.subscribe_qos_reason(draft.qos)),
                (
                    "identifier",
                    None if subscription.identifier is None else limits.identifier_reason(),
                ),
            ):
                if reason is not None:
                    problems.add(f"{place}.{name}", reason)
            if len(problems.found) == before:
                good.append(subscription)
    return tuple(good)


def _subscription(
    draft: SubscriptionDraft, wanted: TopicFilter, v5: bool, place: str, problems: Problems
) -> Subscription | None:
    identifier = (
        problems.number(f"{place}.identifier", draft.identifier, "A subscription identifier", 1, MAX_PACKET)
        if v5
        else None
    )
    try:
        if not v5:
            return Subscription(wanted, draft.qos)
        return Subscription(
            wanted,
            draft.qos,
            no_local=draft.no_local,
            retain_as_published=draft.retain_as_published,
            retain_handling=draft.retain_handling,
            identifier=identifier,
        )
    except MqttExplorerError as error:
        problems.add(f"{place}.{error.field or 'filter'}", error.message)
        return None
