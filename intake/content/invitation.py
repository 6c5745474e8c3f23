"""Calendar objects (RFC 5545, iTIP of RFC 5546) in a few lines that a person reads."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from intake.decoding.charset import clean, decode

TYPES = frozenset({"text/calendar", "application/ics"})
MAX_BYTES = 256 * 1024
MAX_EVENTS = 5
MAX_ATTENDEES = 20
MAX_FIELD_CHARACTERS = 500
FOLD = re.compile(r"(?<![\r\n])\r?\n(?:\r?\n)*[ \t]")
LINE_END = re.compile(r"\r?\n")
ZONE = "VTIMEZONE"
COMPONENTS = ("VEVENT", "VTODO", "VFREEBUSY", "VJOURNAL")

METHODS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancellation",
    "REPLY": "Reply to an invitation",
    "COUNTER": "Proposal of another time",
    "DECLINECOUNTER": "Other time declined",
    "PUBLISH": "Calendar entry",
    "ADD": "Further occurrence",
    "REFRESH": "Request for the latest version",
}
"""RFC 5546, 1.4."""
ANSWERS = {
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "accepted tentatively",
    "DELEGATED": "delegated",
}
"""RFC 5545, 3.2.12."""


def summarise(data: bytes) -> str | None:
    """What the calendar object ``data`` asks, when, where and of whom, a line each; None when it cannot be read."""
    # Loading it takes a tenth of a second, and few mails have a calendar object.
    from icalendar import Calendar

    if len(data) > MAX_BYTES:
        return None
    try:
        calendar = Calendar.from_ical(_without_zones(decode(data, "utf-8", detect=False)[0]))
        method = str(calendar.get("METHOD", "PUBLISH")).upper()
        events = [each for each in calendar.subcomponents if each.name in COMPONENTS][:MAX_EVENTS]
        if not events:
            return None
        return "\n\n".join(_event(method, each) for each in events)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError):
        # icalendar raises whichever of these the damaged lines lead it to.
        return None


def _without_zones(text: str) -> str:
    """``text`` without the definitions of time zones: one that repeats each second takes hours to expand.

    The name of the zone, which is all that is shown, stands with the times.
    """
    kept: list[str] = []
    inside = False
    for line in LINE_END.split(FOLD.sub("", text)):
        mark = line.upper()
        inside = inside or (mark.startswith("BEGIN") and ZONE in mark)
        if not inside:
            kept.append(line)
        inside = inside and not (mark.startswith("END") and ZONE in mark)
    whole = "\r\n".join(kept)
    if ZONE in whole.upper():
        raise ValueError("a zone is defined where none should be")
    return whole


def _event(method: str, event: Any) -> str:
    kind = METHODS.get(method, "Calendar entry")
    lines = [
        f"{kind}: {_line(event.get('SUMMARY')) or 'without a title'}",
        _field("When", _when(event)),
        _field("Where", _line(event.get("LOCATION"))),
        _field("Organizer", _person(event.get("ORGANIZER"))),
        *_attendees(method, event.get("ATTENDEE")),
        _field("Note", _line(event.get("COMMENT") or event.get("DESCRIPTION"))),
    ]
    return "\n".join(line for line in lines if line)


def _when(event: Any) -> str:
    start = event.get("DTSTART")
    first = _value(start)
    if first is None:
        return ""
    words = _moment(first)
    last = _value(event.get("DTEND") or event.get("DUE"))
    if isinstance(last, datetime):
        words += f" - {last:%H:%M}" if last.date() == _day(first) else f" - {_moment(last)}"
    elif last is not None and last - timedelta(days=1) != first:
        # The end of a whole day is the day after it (RFC 5545, 3.6.1).
        words += f" - {_moment(last - timedelta(days=1))}"
    zone = start.params.get("TZID") or ("UTC" if getattr(first, "tzinfo", None) else "")
    repeated = ", repeated" if event.get("RRULE") else ""
    return f"{words}{f' ({_line(zone)})' if zone else ''}{repeated}"


def _value(value: Any) -> date | None:
    """The date, or date and time, of a property; None when it is absent or broken."""
    try:
        moment = value.dt
    except (AttributeError, ValueError):
        return None
    return moment if isinstance(moment, date) else None


def _moment(moment: date) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else f"{moment:%Y-%m-%d}"


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _attendees(method: str, found: Any) -> list[str]:
    attendees = found if isinstance(found, list) else [found] if found is not None else []
    people = [(_person(each), str(each.params.get("PARTSTAT", "")).upper()) for each in attendees[:MAX_ATTENDEES]]
    if method == "REPLY":
        return [f"{name} has {ANSWERS[answer]}." for name, answer in people if name and answer in ANSWERS]
    more = f" and {len(attendees) - MAX_ATTENDEES} more" if len(attendees) > MAX_ATTENDEES else ""
    return [_field("Attendees", ", ".join(name for name, _ in people if name) + more)]


def _person(value: Any) -> str:
    if value is None:
        return ""
    address = _line(value)
    address = address[len("mailto:") :] if address.lower().startswith("mailto:") else address
    name = _line(value.params.get("CN", ""))
    return f"{name} <{address}>" if name and name != address else address


def _line(value: Any) -> str:
    """A property as one line; of a repeated one the first."""
    if isinstance(value, list):
        value = value[0] if value else None
    text = "" if value is None else " ".join(clean(str(value)[: 4 * MAX_FIELD_CHARACTERS]).split())
    return text if len(text) <= MAX_FIELD_CHARACTERS else f"{text[:MAX_FIELD_CHARACTERS]}…"


def _field(name: str, value: str) -> str:
    return f"{name}: {value}" if value else ""
