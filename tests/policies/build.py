"""Short ways to say what is observed, and a small policy file to change a line of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from policies.facts import Facts, FactValue, PastTicket
from policies.labels import IssueType, Severity
from policies.loader import load
from policies.policy import Policy
from policies.rule import Observation

RECEIVED = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)


def facts(
    customer: Mapping[str, FactValue] | None = None,
    *,
    history: Sequence[str] | None = None,
    received: datetime = RECEIVED,
    proven: bool | None = True,
    language: str | None = "en",
) -> Facts:
    """Facts with every earlier request of ``history`` (topics) thirty days old."""
    past = None if history is None else tuple(PastTicket(topic, 30) for topic in history)
    return Facts(received, dict(customer or {}), past, proven, language)


def observe(
    topic: str | None,
    given: Facts | None = None,
    *,
    signals: Sequence[str] = (),
    impact: Mapping[str, str] | None = None,
    severity: Severity | None = None,
    issue_type: IssueType | None = None,
) -> Observation:
    """An observation of a mail about ``topic``."""
    return Observation(topic, issue_type, severity, None, dict(impact or {}), signals, given or facts())


def policy_from(text: str, folder: Path) -> Policy:
    """The policy that ``text`` describes, loaded from a file ``small.toml``."""
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


SMALL = """
name = "small"
title = "Small"
vendor = "Vendor"
version = "1.0.0"
effective = 2026-01-01
languages = ["en"]
time_zone = "UTC"
sender_proof = "required"
target_precision = { severity = 0.9, scope = 0.9, issue_type = 0.9, topic = 0.9 }

[facts.plan]
title = "plan"
type = "choice"
values = ["basic", "full"]

[facts.seats]
title = "seats"
type = "number"

[facts.customised]
title = "customised"
type = "boolean"

[facts.until]
title = "the end"
type = "date"

[facts.product_version]
title = "version"
type = "version"

[releases]
fact = "product_version"
oldest_supported = "2"
prerelease_suffixes = ["-rc"]
series = [{ name = "1" }, { name = "2" }]

[[clauses]]
id = "in.1"
sentence = "Help is included."
scope = "included"
needs = ["M"]

[[clauses]]
id = "out.1"
sentence = "Other things are outside."
scope = "outside"
needs = ["M"]

[[topics]]
name = "help"
title = "Help"
scope = "included"
clauses = ["in.1"]

[[topics]]
name = "rest"
title = "The rest"

[signals.loud]
title = "it is loud"
phrases.en = ["very loud"]

[[severity]]
level = "SEV1"
row = "dead for all"
when = { function = ["dead"], affected = ["all"] }

[[severity]]
level = "SEV4"
row = "else"

[severity_costs]
SEV1 = { SEV2 = 1, SEV3 = 2, SEV4 = 3 }
SEV2 = { SEV1 = 1, SEV3 = 1, SEV4 = 2 }
SEV3 = { SEV1 = 2, SEV2 = 1, SEV4 = 1 }
SEV4 = { SEV1 = 3, SEV2 = 2, SEV3 = 1 }

[calendars.office]
title = "office hours"
time_zone = "UTC"
windows = [{ days = ["monday", "tuesday"], opens = "09:00", closes = "17:00" }]

[[response_targets]]
id = "all"
title = "everyone"
calendar = "office"
clauses = ["in.1"]
within = { SEV1 = "30 minutes", SEV2 = "1 hour", SEV3 = "1 business day", SEV4 = "none" }
"""

RULE = """
[[rules]]
id = "out"
title = "Out"
clauses = ["out.1"]
set.scope = "outside"
when.topic = ["help"]
"""
