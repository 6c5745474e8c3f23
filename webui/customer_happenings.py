"""What happened to customers, and to tickets for their sake, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.labels import LABELS
from policies.policy import Policy
from tickets.rows import Event
from webui.decision import title_of
from webui.words import LABEL_TITLES, plain

KINDS = frozenset({"customer_saved", "contact_saved", "customer_assigned", "customer_erased"})


def sentence(event: Event, policy: Policy | None) -> str:
    """What happened, for a person."""
    details = event.details
    match event.kind:
        case "customer_saved":
            change = details.get("changes") or {}
            told = list(_customer(change, policy))
            name = details.get("name") or "(erased)"
            began = "Added" if change.get("new") else "Changed" if change else f"Saved {name}"
            return f"{began}: {'; '.join(told)}" if told else began
        case "contact_saved":
            change = details.get("changes") or {}
            began = f"Contact {details.get('address') or '(erased)'} {'added' if change.get('new') else 'changed'}"
            told = list(_contact(change, policy))
            return f"{began}: {'; '.join(told)}" if told else began
        case "customer_erased":
            return f"Erased, with {details.get('mails')} mails of {details.get('tickets')} tickets"
        case _:
            return "; ".join(_assigned(details, policy))


def _customer(change: Mapping[str, Any], policy: Policy | None) -> Iterator[str]:
    if change.get("renamed_from"):
        yield f"renamed from {change['renamed_from']}"
    for side, words in (("domains_added", "domains added"), ("domains_removed", "domains removed")):
        if change.get(side):
            yield f"{words}: {', '.join(change[side])}"
    yield from _facts(change.get("facts") or {}, policy)


def _contact(change: Mapping[str, Any], policy: Policy | None) -> Iterator[str]:
    if change.get("moved_from"):
        yield f"moved here from {change['moved_from']}"
    for name, words in (("name", "name"), ("left_on", "left on")):
        if change.get(name):
            yield f"{words} {_pair(change[name])}"
    yield from _facts(change.get("facts") or {}, policy)


def _facts(facts: Mapping[str, Any], policy: Policy | None) -> Iterator[str]:
    titles = policy.file.facts if policy else {}
    for name, pair in facts.items():
        title = titles[name].title if name in titles else plain(name)
        yield f"{title[:1].lower()}{title[1:]} {_pair(pair)}"


def _assigned(details: Mapping[str, Any], policy: Policy | None) -> Iterator[str]:
    customer = details["customer"]
    before = f" (was {customer['from']})" if customer["from"] and customer["from"] != customer["to"] else ""
    yield f"Assigned to {customer['to']}{before}"
    if details.get("vouched"):
        yield f"{details['facts']['to']['proof'].rstrip('.')}".replace("Vouched", "vouched")
    if details.get("contact"):
        yield f"{details['contact']} is a contact from now on"
    for label in LABELS:
        change = (details.get("changes") or {}).get(label)
        if change:
            old, new = (title_of(label, str(change[side]), policy) for side in ("from", "to"))
            yield f"{LABEL_TITLES[label].lower()} {old} → {new}"
    due = details.get("due") or {}
    if due.get("from") != due.get("to"):
        yield "the response target follows the customer's agreement" if due.get("to") else "no response target"


def _pair(pair: Mapping[str, Any]) -> str:
    return _word(pair["to"]) if pair["from"] is None else f"{_word(pair['from'])} → {_word(pair['to'])}"


def _word(value: Any) -> str:
    if value is None:
        return "unknown"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value).replace("_", " ")
