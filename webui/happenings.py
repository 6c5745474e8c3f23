"""Events as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from policies.labels import LABELS
from policies.policy import Policy
from tickets.recording import Recorded
from tickets.rows import Event
from webui import audit_happenings, customer_happenings, label_happenings, model_happenings, work_happenings
from webui.decision import title_of
from webui.words import LABEL_TITLES, STATE_TITLES, distance, plain, stamp

MINUTE = timedelta(minutes=1)


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
        case kind if kind in model_happenings.KINDS:
            return model_happenings.sentence(event)
        case kind if kind in work_happenings.KINDS:
            return work_happenings.sentence(event, policy)
        case kind if kind in customer_happenings.KINDS:
            return customer_happenings.sentence(event, policy)
        case "correction_undone":
            return _taken_back(details, policy)
        case kind if kind in audit_happenings.KINDS:
            return audit_happenings.sentence(event, policy)
        case kind if kind in label_happenings.KINDS:
            return label_happenings.sentence(event, policy)
        case "clock_paused":
            return "Waits for the customer: the clock stands still"
        case "clock_resumed":
            return _resumed(details)
        case "answered":
            return _answered(details)
        case "answer_undone":
            return f"Took back that {details.get('by')} answered on {_stamp(details.get('at'))}"
        case "clock_recounted":
            changed = (f"{plain(name).lower()} {_told(c['from'])} → {_told(c['to'])}" for name, c in details.items())
            return f"Counted again from history: {'; '.join(changed)}"
        case "policy_adopted":
            what = f"{details.get('policy')} {details.get('version')}"
            return f"Put {what} in force from {details.get('effective')} on: {details.get('reason')}"
        case "state_changed":
            return f"Moved to {STATE_TITLES.get(str(details.get('to')), str(details.get('to'))).lower()}"
        case "deadline_near" | "deadline_missed" | "notification_given_up":
            return _telling(event.kind, details)
        case _:
            told = "; ".join(f"{name}: {value}" for name, value in listed(details))
            return f"{plain(event.kind)}{f' ({told})' if told else ''}"


def _taken_back(details: Mapping[str, Any], policy: Policy | None) -> str:
    if not details.get("one"):
        return "Took the last decision back"
    what = f"{LABEL_TITLES.get(str(details['one']), str(details['one']))} as {details.get('said_by')} had said it"
    return "; ".join([f"Took back: {what}", *_changes(details, policy), *_derived(details, policy)])


def _telling(kind: str, details: Mapping[str, Any]) -> str:
    if kind == "notification_given_up":
        return f"Gave up telling {details.get('target')} by {details.get('channel')}: {details.get('error')}"
    due = stamp(datetime.fromisoformat(str(details["due_at"])))
    if kind == "deadline_near":
        left = timedelta(seconds=details["support_seconds_left"])
        return f"The first response is due {due}: {distance(left)} of support time left"
    late = timedelta(seconds=details["late_seconds"])
    return f"The first response was due {due}{f'; noticed {distance(late)} later' if late >= MINUTE else ''}"


def _resumed(details: Mapping[str, Any]) -> str:
    why = "The customer wrote, so the clock" if details.get("message") else "The clock"
    due = f"; the first response is now due {_stamp(details['due_at'])}" if details.get("due_at") else ""
    return f"{why} goes on after a pause since {_stamp(details.get('since'))}{due}"


def _answered(details: Mapping[str, Any]) -> str:
    how = "a mail from" if details.get("via") == "mail" else "the word of"
    kept = "" if not details.get("due_at") else ", too late" if details.get("late") else ", in time"
    return f"First response on {_stamp(details.get('at'))}{kept}, by {how} {details.get('by')}"


def _stamp(moment: object) -> str:
    """A moment that an event tells in ISO 8601, for people."""
    return stamp(datetime.fromisoformat(str(moment))) if moment else "an unknown day"


def _told(value: object) -> str:
    return "none" if value is None else str(value)


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
