"""Events of what agents said of labels, as sentences."""

from __future__ import annotations

from policies.policy import Policy
from tickets.disputes import LAPSED, OPENED, SETTLED
from tickets.rows import Event
from webui.decision import title_of
from webui.words import LABEL_TITLES

KINDS = frozenset({OPENED, LAPSED, SETTLED})


def sentence(event: Event, policy: Policy | None) -> str:
    """What happened, for a person; of an event of :data:`KINDS`."""
    details, name = event.details, str(event.details["label"])
    label = LABEL_TITLES.get(name, name).lower()
    if event.kind == LAPSED:
        return f"The dispute on the {label} is over: nobody says otherwise any more"
    if event.kind == SETTLED:
        why = f": {details['why']}" if details.get("why") else ""
        return f"Settled the dispute on the {label} as {title_of(name, str(details['value']), policy)}{why}"
    first, second = (title_of(name, str(details[side]), policy) for side in ("first", "second"))
    return f"In dispute, the {label}: {details['against']} had said {first}, {event.actor} says {second}"
