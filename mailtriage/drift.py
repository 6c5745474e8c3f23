"""How the mail of the last weeks differs from the mail that the model in force learned from."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from classifier.drift import Read
from classifier.snapshot_folder import SnapshotError
from classifier.weekly import BEFORE, WEEK, Drift, weeks_of
from mailtriage.arrivals import arrivals, learned
from mailtriage.office import Office

WEEKS = 8
MOST_WEEKS = 52


def drift(policy: str, office: Office, *, weeks: int = WEEKS, now: datetime | None = None) -> Drift:
    """The last ``weeks`` weeks of a policy, Mondays to Sundays in its time zone, the present one among them."""
    zone = ZoneInfo(office.policy(policy).file.time_zone)
    newest = _monday((now or datetime.now(UTC)).astimezone(zone).date())
    first = datetime.combine(newest - (weeks + BEFORE - 1) * WEEK, time(), zone)
    model = office.models.of(policy)
    reads: dict[date, list[Read]] = defaultdict(list)
    others: Counter[date] = Counter()
    subjects = {}
    for mail in arrivals(policy, office, first):
        monday, read = _monday(mail.received_at.astimezone(zone).date()), mail.read
        if mail.model != model.version:
            others[monday] += 1
            read = replace(read, certainty=None)
        reads[monday].append(read)
        subjects[read.id] = mail.subject
    known, remark = _learned(policy, office)
    hidden = {str(number) for number in office.store.open_audits_among([int(number) for number in subjects])}
    found = weeks_of(known, reads, others, newest=newest, count=weeks, complete=False, hidden=hidden)
    shown = {mail for week in found for side in (week.training, week.before) for s in side.values() for mail in s.mails}
    told = {number: subject for number, subject in subjects.items() if number in shown}
    return Drift(policy, model.version, len(known), found, remark, told)


def _learned(policy: str, office: Office) -> tuple[list[Read], str | None]:
    try:
        return learned(policy, office), None
    except SnapshotError as error:
        return [], str(error)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
