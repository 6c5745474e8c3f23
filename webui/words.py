"""Values as people read them: times, distances, shares and label names. Pure functions, used as template filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

LABEL_TITLES = {"severity": "Severity", "scope": "Scope", "issue_type": "Issue type", "topic": "Topic"}

VALUE_TITLES = {
    "SEV1": "Production down",
    "SEV2": "Seriously degraded",
    "SEV3": "Moderate impact",
    "SEV4": "Question or minor",
}

STATE_TITLES = {
    "review": "Needs review",
    "decided": "Decided",
    "closed": "Closed",
    "ticket": "Ticket",
    "reply": "Reply",
    "set_aside": "Set aside",
    "duplicate": "Duplicate",
    "quarantined": "Quarantined",
}

IMPACT_TITLES = {
    "kind": "Kind",
    "function": "Function",
    "affected": "Affected",
    "environment": "Environment",
    "state": "State",
    "workaround": "Work-around",
    "data": "Data",
    "deadline": "Deadline",
}

NO_BREAK = "\u00a0"

DAYS_FROM = timedelta(hours=48)


def plain(name: str) -> str:
    """An identifier as words with a capital: ``professional_services`` reads "Professional services"."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def opened(sentence: str) -> str:
    """The sentence with a capital."""
    return sentence[:1].upper() + sentence[1:]


def stamp(moment: datetime) -> str:
    """``21 Nov 2026, 14:05 UTC``."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def distance(span: timedelta) -> str:
    """The length of ``span`` in its two largest useful units: ``1 h 20 min``, ``3 days``; its sign is left out."""
    span = abs(span)
    minutes = int(span.total_seconds() // 60)
    if span >= DAYS_FROM:
        return f"{span.days} days"
    if minutes >= 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest and hours < 24 else f"{hours} h"
    return f"{minutes} min"


def support_time(span: timedelta) -> str:
    """A length of support time in hours and minutes, ``53 h 20 min``: a day of it is not the day of a calendar."""
    hours, minutes = divmod(int(abs(span).total_seconds() // 60), 60)
    if not hours:
        return f"{minutes} min" if minutes else "less than 1 min"
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def due_in(due: datetime, now: datetime) -> str:
    """``due in 1 h 20 min``, ``due now`` or ``overdue by 3 h``."""
    if abs(due - now) < timedelta(minutes=1):
        return "due now"
    return f"due in {distance(due - now)}" if due > now else f"overdue by {distance(due - now)}"


def urgency(due: datetime, now: datetime) -> str:
    """How near a response target is: ``late``, ``soon`` (within two hours) or ``calm``."""
    if due <= now:
        return "late"
    return "soon" if due - now <= timedelta(hours=2) else "calm"


def ago(then: datetime, now: datetime) -> str:
    """``5 min ago``; ``just now`` for less than a minute or a clock that runs ahead."""
    return "just now" if now - then < timedelta(minutes=1) else f"{distance(now - then)} ago"


def percent(share: float) -> str:
    """A share of one as whole per cent; never 100 % or 0 % unless it is."""
    whole = round(share * 100)
    if whole == 100 and share < 1:
        return f"> 99{NO_BREAK}%"
    return f"< 1{NO_BREAK}%" if whole == 0 and share > 0 else f"{whole}{NO_BREAK}%"


def size(count: int) -> str:
    """A number of bytes in B, kB or MB (SI)."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
