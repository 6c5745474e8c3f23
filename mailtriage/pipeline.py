"""One mail's trip, from raw bytes to a recorded ticket, a batch at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from classifier.assess import Mail, assess
from classifier.model import Model
from classifier.verdict import Verdict
from intake import message as messages
from intake.cursor import Cursor, Delivery
from intake.machine_mail.flood import Flood
from intake.message import Message
from intake.screening import Kind, Screening, screen
from intake.ticket_reference import TicketReferences
from mailtriage.free_tasks import written_within_quotas
from mailtriage.mailbox_table import MEBIBYTE
from mailtriage.stopwatch import Stopwatch
from policies.policy import Policy
from policies.terms import Terms
from policies.versions import Policies
from policies.work.commitments import without_quotas
from tickets import desk, floods
from tickets.audits import Sampling
from tickets.clocks.answers import answered_addresses
from tickets.reconsidering import Held, again
from tickets.recording import LONGEST_REASON, Draw, Fault, Placement, Recorded, Recording, Step, sameness
from tickets.store import Store, StoreError

log = logging.getLogger("mailtriage.pipeline")
PLACED: Collection[Kind] = ("accept", "own_mail", "auto_reply")
"""Our own answers and the absence notices that these bring are kept with the conversation that they belong to."""
SENT = Screening("own_mail", "It is in the folder of our own sent mail.")
Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Incoming:
    """One raw mail to be recorded. ``oversize`` is its size in bytes where ``raw`` holds its header alone;
    ``fault`` says why the server does not give it, then ``raw`` is what can be had of it.

    ``leave_unmarked`` says that it is not to be acknowledged in its mailbox, which may only be read.
    ``held`` is the recorded mail that this is, where it is looked at once more; ``accepted_by`` the name of the agent
    who says that it is a request, whatever its screening says.
    """

    raw: bytes = field(repr=False)
    received_at: datetime
    delivery: Delivery | None = None
    oversize: int | None = None
    fault: str | None = None
    leave_unmarked: bool = False
    held: Held | None = None
    accepted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """What one mailbox decides with: its policy, the model in force, whose mail is our own, whose proof is trusted.

    ``references`` reads the ticket numbers that this program has signed. ``flood`` is None where any number of mails of
    one sender is taken, as an import of old mail does. ``policies`` has the versions of the policy; without them all
    mail is decided by ``policy``. ``sent`` says that the mail is that of a folder of sent mail: ours, whoever wrote it.
    ``old_mail`` was dealt with long ago: it uses nothing of what its customers have left of their quotas. ``sampling``
    draws the mails to be audited; None draws none.
    """

    policy: Policy
    model: Model
    own_addresses: Collection[str] = ()
    trusted_authserv: Sequence[str] = ()
    references: TicketReferences | None = None
    flood: Flood | None = None
    policies: Policies | None = None
    sent: bool = False
    old_mail: bool = False
    sampling: Sampling | None = None

    def policy_at(self, moment: datetime) -> Policy:
        """The version by which a mail received at ``moment`` is decided."""
        return self.policy if self.policies is None else self.policies.at(self.policy.name, moment)


@dataclass(frozen=True, slots=True)
class Work:
    """One mail on its way: each step gives a copy that knows more. ``fault`` ends the trip in quarantine.

    ``policy`` is the version that decided it; ``answers`` are the addresses to which a mail of ours was written.
    """

    incoming: Incoming
    message: Message
    screening: Screening | None = None
    placement: Placement | None = None
    policy: Policy | None = None
    verdict: Verdict | None = None
    terms: Terms | None = None
    fault: Fault | None = None
    answers: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.fault is None and self.screening is not None and self.screening.accepted

    @property
    def has_place(self) -> bool:
        """Whether it is part of a conversation: a request is, and what is set aside but written by a participant."""
        return self.fault is None and self.screening is not None and self.screening.kind in PLACED

    @property
    def to_be_decided(self) -> bool:
        return self.accepted and self.placement is not None and not self.placement.repeats

    @property
    def to_be_counted(self) -> bool:
        """Whether it may be one mail too many of its sender's: not one that is looked at once more."""
        return self.accepted and self.incoming.held is None and self.incoming.accepted_by is None


def process(
    batch: Sequence[Incoming], cursor: Cursor | None, counter: Counter, store: Store, timed: Stopwatch
) -> list[Recorded]:
    """Takes a batch through the whole trip and records it with the cursor in one transaction.

    A fault of one message quarantines that message; a fault of the store is raised, and nothing of the batch is kept.
    """
    works = decide(batch, counter, store, timed)
    with timed("record"):
        return written(works, counter, lambda recordings: store.record(recordings, cursor))


def written(works: list[Work], counter: Counter, write: Callable[[list[Recording]], Made]) -> Made:
    """What ``write`` returns for the recordings of the works; none uses more of a customer's quota than is left."""
    return written_within_quotas(
        works,
        again=lambda work: _decided_again(work, counter),
        write=lambda ready: write([recording_of(work, counter) for work in ready]),
    )


def _decided_again(work: Work, counter: Counter) -> Work:
    """The mail decided by other facts than before."""
    [work] = step("assessing", [work], lambda w: w.to_be_decided, lambda ws: _assess(ws, counter))
    [work] = step("terms", [work], lambda w: w.verdict is not None, lambda ws: _terms(ws, counter))
    return work


def decide(batch: Sequence[Incoming], counter: Counter, store: Store, timed: Stopwatch) -> list[Work]:
    """Takes a batch through the trip up to its recording: each mail with all that is known of it, or with its fault."""
    with timed("parse"):
        works = [read(incoming) for incoming in batch]
    with timed("screen"):
        works = step("screening", works, lambda w: w.fault is None, lambda ws: _screen(ws, counter))
        works = step("screening", works, lambda w: w.to_be_counted, lambda ws: _hold_floods(ws, counter, store))
    with timed("place"):
        works = step("placing", works, lambda w: w.has_place, lambda ws: _place(ws, counter, store))
    with timed("assess"):
        works = step("assessing", works, lambda w: w.to_be_decided, lambda ws: _assess(ws, counter))
    with timed("terms"):
        return step("terms", works, lambda w: w.verdict is not None, lambda ws: _terms(ws, counter))


def read(incoming: Incoming) -> Work:
    """The message in the raw bytes; what is no mail at all, or too large to be fetched, is at fault."""
    try:
        message = messages.parse(incoming.raw)
    except Exception as error:  # a fault of the parser must cost this one mail, not the mailbox
        log.exception("parsing failed")
        return Work(incoming, messages.unread(incoming.raw), fault=Fault.raised("parsing", error))
    work = Work(incoming, message)
    if incoming.oversize is not None:
        size = incoming.oversize / MEBIBYTE
        return replace(
            work,
            fault=Fault(
                "fetching",
                f"too large: {size:.0f} MB. It is still in the mailbox, unmarked; raise max_message_mb of this "
                "mailbox, then try it again: it is fetched anew.",
            ),
        )
    if incoming.fault is not None:
        return replace(work, fault=Fault("fetching", incoming.fault[:LONGEST_REASON]))
    if message.sender is None and message.date is None and message.message_id is None and not message.subject:
        fault = Fault("parsing", "not a mail: it has no readable From, Date, Subject or Message-ID.")
        return replace(work, fault=fault)
    return work


def step(
    name: Step, works: list[Work], wanted: Callable[[Work], bool], do: Callable[[list[Work]], list[Work]]
) -> list[Work]:
    """Does one step for all the works that want it, together; one that fails by itself is at fault, the rest go on."""
    places = [index for index, work in enumerate(works) if wanted(work)]
    if not places:
        return works
    done = list(works)
    try:
        made = do([works[index] for index in places])
    except StoreError:
        raise
    except Exception:
        log.exception("%s failed for a batch of %d; trying its mails one by one", name, len(places))
        for index in places:
            try:
                do([works[index]])
            except StoreError:
                raise
            except Exception as error:
                done[index] = replace(works[index], fault=Fault.raised(name, error))
        places = [index for index in places if done[index].fault is None]
        made = do([works[index] for index in places]) if places else []
    for index, work in zip(places, made, strict=True):
        done[index] = work
    return done


def _screen(works: list[Work], counter: Counter) -> list[Work]:
    screened = [replace(work, screening=_screening(work, counter)) for work in works]
    return [
        replace(work, answers=answered_addresses(work.message, counter.own_addresses))
        if work.screening is not None and work.screening.kind == "own_mail"
        else work
        for work in screened
    ]


def _screening(work: Work, counter: Counter) -> Screening:
    agent = work.incoming.accepted_by
    if agent is not None:
        return Screening("accept", f"{agent} says that it is a request.")
    if counter.sent:
        return SENT
    return screen(work.message, counter.own_addresses)


def _hold_floods(works: list[Work], counter: Counter, store: Store) -> list[Work]:
    if counter.flood is None:
        return works
    mails = [work.message for work in works]
    too_many = floods.too_many(store, counter.flood, mails, [work.incoming.received_at for work in works])
    return [
        replace(work, screening=counter.flood.screening(work.message.sender)) if held and work.message.sender else work
        for work, held in zip(works, too_many, strict=True)
    ]


def _place(works: list[Work], counter: Counter, store: Store) -> list[Work]:
    placements = desk.place(
        store,
        counter.policy,
        [work.message for work in works],
        [work.incoming.received_at for work in works],
        trusted_authserv=counter.trusted_authserv,
        own_addresses=_ours(works, counter),
        references=counter.references,
    )
    return [
        replace(work, placement=again(placement, work.incoming.held))
        for work, placement in zip(works, placements, strict=True)
    ]


def _ours(works: list[Work], counter: Counter) -> Collection[str]:
    """The addresses that take part in every conversation: our own and, of sent mail, whoever wrote it."""
    if not counter.sent:
        return counter.own_addresses
    return {*counter.own_addresses, *(work.message.sender.key for work in works if work.message.sender)}


def _assess(works: list[Work], counter: Counter) -> list[Work]:
    """The mails of each version of the policy are decided together."""
    by_version: dict[str, list[int]] = {}
    versions = [counter.policy_at(work.incoming.received_at) for work in works]
    for place, policy in enumerate(versions):
        by_version.setdefault(policy.version, []).append(place)
    done = list(works)
    for places in by_version.values():
        mails = [mail_of(works[p].message, placement) for p in places if (placement := works[p].placement) is not None]
        for place, verdict in zip(places, assess(counter.model, versions[places[0]], mails), strict=True):
            done[place] = replace(works[place], verdict=verdict, policy=versions[place])
    return done


def mail_of(message: Message, placement: Placement) -> Mail:
    """What is classified of a message: its subject, its new text (or all of it, where nothing is new) and the facts."""
    return Mail(message.subject, message.new_text or message.text, placement.facts)


def _terms(works: list[Work], counter: Counter) -> list[Work]:
    done = []
    for work in works:
        if work.verdict is None or work.placement is None or work.policy is None:
            raise ValueError("terms are for decided mails")
        labels = {name: decision.value for name, decision in work.verdict.labels.items()}
        terms = work.policy.terms(
            labels,
            work.verdict.clauses,
            work.placement.facts,
            work.incoming.received_at,
            impact=work.verdict.impact_values,
            signals=work.verdict.signals,
        )
        done.append(replace(work, terms=without_quotas(terms) if counter.old_mail else terms))
    return done


def recording_of(work: Work, counter: Counter) -> Recording:
    """All of a mail that is written together."""
    return Recording(
        policy=counter.policy.name,
        message=work.message,
        screening=work.screening,
        placement=work.placement,
        verdict=work.verdict if work.fault is None else None,
        terms=work.terms if work.fault is None else None,
        delivery=work.incoming.delivery,
        quarantine=work.fault,
        received_at=work.incoming.received_at,
        answers=work.answers if work.fault is None else (),
        leave_unmarked=work.incoming.leave_unmarked
        or work.incoming.oversize is not None
        or work.incoming.fault is not None,
        audit=_drawn(work, counter),
    )


def _drawn(work: Work, counter: Counter) -> Draw | None:
    """Whether the mail is drawn to be audited, with what its model promises of each label by itself."""
    if counter.sampling is None or work.fault is not None or work.verdict is None or work.verdict.needs_person:
        return None
    policy, model = work.policy or counter.policy, counter.model
    promised = {
        label: policy.target_precision[label] if autonomy.promised is None else autonomy.promised
        for label, autonomy in model.autonomy.items()
    }
    return counter.sampling.draw(policy.name, sameness(work.message), promised)
