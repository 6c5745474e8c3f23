"""Which mails are too many of one sender, counted over what every program has recorded."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from math import inf

from intake.machine_mail.flood import Flood
from intake.message import Message
from tickets.columns import in_utc
from tickets.recording import sameness
from tickets.senders import sender_key
from tickets.store import Store


def too_many(store: Store, limit: Flood, messages: Sequence[Message], received_at: Sequence[datetime]) -> list[bool]:
    """For each message, in order, whether it is one too many of its sender's.

    What was recorded before is counted, and the earlier ones of the batch; a mail that repeats one of these is neither
    counted nor too many, and a mail without sender never is.
    """
    keys = [sender_key(message) for message in messages]
    moments = [in_utc(moment) for moment in received_at]
    limited = Counter(key for key in keys if key and key not in limit.exempt)
    if not limited:
        return [False] * len(messages)
    recorded = store.recent_mails(
        {key: limit.messages - count for key, count in limited.items()},
        since=limit.since(min(moments)),
        until=max(moments),
        newest=limit.messages + len(messages),
    )
    seen = {mail.sameness for mail in recorded}
    times: defaultdict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for mail in recorded:
        times[mail.sender].append((mail.received_at, -1))
    counted: list[int] = []
    for position, (message, key) in enumerate(zip(messages, keys, strict=True)):
        if key in limited and sameness(message) not in seen:
            seen.add(sameness(message))
            times[key].append((moments[position], position))
            counted.append(position)
    for of_sender in times.values():
        of_sender.sort()
    flooding = [False] * len(messages)
    for position in counted:
        moment = moments[position]
        until = bisect_right(times[keys[position]], (moment, position))
        since = bisect_right(times[keys[position]], (limit.since(moment), inf))
        flooding[position] = until - since > limit.messages
    return flooding
