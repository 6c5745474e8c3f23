"""Events as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policies.labels import LABELS
from policies.policy import Policy
from tickets.recording import Recorded
from tickets.rows import Event
from webui.decision import title_of
from webui.words import LABEL_TITLES, STATE_TITLES, plain


def sentence(event: Event, policy: Policy | None) -> str:
    """What happened, for a person; an event of a kind unknown here is told by its name and details."""
    details = event.details
    match event.kind:
        case "ticket_opened":
            return f"Opened: {_labels(details, policy)}"
        case "reply_joined":
            return f"A reply came in; it reads as {_labels(details, policy)}"
        case "message_set_aside":
            return f"Kept with it, no request: {(details.get('screening') or {}).get('reason') or 'no reason given'}"
        case "followed_up":
            return f"The customer wrote again after it was closed: ticket {details.get('by')} goes on with it"
        case "corrected":
            changes = [*_changes(details, policy), *_derived(details, policy)]
            return f"Decided: {'; '.join(changes)}" if changes else "Confirmed all labels shown"
        case "message_reconsidered":
            before = STATE_TITLES.get(str(details.get("from")), "Held").lower()
            return f"Taken from what was {before}: {details.get('before') or 'no reason given'}"
        case "correction_undone":
            return "Took the last decision back"
        case "state_changed":
            return f"Moved to {STATE_TITLES.get(str(details.get('to')), str(details.get('to'))).lower()}"
        case _:
            told = "; ".join(f"{name}: {value}" for name, value in listed(details))
            return f"{plain(event.kind)}{f' ({told})' if told else ''}"


def became(done: Recorded) -> str:
    """What became of a mail that was looked at once more; goes on after "the mail is"."""
    return {
        "ticket": f"now ticket {done.ticket}",
        "reply": f"a reply to ticket {done.ticket}",
        "set_aside": "set aside",
        "duplicate": "a duplicate of a recorded mail",
        "quarantined": "still in quarantine",
    }[done.disposition]


def listed(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Details as pairs of words; nested values are joined, empty ones left out."""
    for key, value in details.items():
        if isinstance(value, Mapping):
            text = ", ".join(f"{plain(str(k))} {v}" for k, v in value.items() if v not in (None, ""))
        elif isinstance(value, Sequence) and not isinstance(value, str):
            text = ", ".join(map(str, value))
        else:
            text = "" if value is None else str(value)
        if text:
            yield plain(key).lower(), text


def _labels(details: Mapping[str, Any], policy: Policy | None) -> str:
    labels = details.get("labels") or {}
    told = [title_of(label, str(labels[label]), policy) for label in LABELS if label in labels]
    return ", ".join(told[:1] + [words[:1].lower() + words[1:] for words in told[1:]]) or "no labels"


def _changes(details: Mapping[str, Any], policy: Policy | None) -> Iterator[str]:
    for label, change in (details.get("changes") or {}).items():
        if change["from"] != change["to"]:
            before, after = (title_of(label, str(change[side]), policy) for side in ("from", "to"))
            yield f"{LABEL_TITLES.get(label, label).lower()} {before} → {after}"


def _derived(details: Mapping[str, Any], policy: Policy | None) -> Iterator[str]:
    for label, value in (details.get("derived") or {}).items():
        yield f"{LABEL_TITLES.get(label, label).lower()} follows: {title_of(label, str(value), policy)}"
