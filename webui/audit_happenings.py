"""What happened in the audit of a ticket, as sentences."""

from __future__ import annotations

from policies.policy import Policy
from tickets.audits import ANSWERED, DRAWN
from tickets.rows import Event
from webui.decision import title_of
from webui.words import LABEL_TITLES, percent

KINDS = frozenset({DRAWN, ANSWERED})


def sentence(event: Event, policy: Policy | None) -> str:
    """What happened, for a person; of an event of :data:`KINDS`."""
    if event.kind == DRAWN:
        return f"Drawn to be judged blind, as {percent(event.details['share'])} of what passes alone"
    wrong = event.details["wrong"]
    if not wrong:
        return "Judged blind: all as it had passed"
    told = (
        f"{LABEL_TITLES[label].lower()} {title_of(label, one['answer'], policy)}, not "
        f"{title_of(label, one['said'], policy)}"
        for label, one in wrong.items()
    )
    return f"Judged blind: {'; '.join(told)}"
