"""One label taken back: the ticket as it would have been had that never been said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from policies.labels import LABELS
from policies.policy import Policy
from tickets import desk
from tickets.corrections import RESTORED
from tickets.faults import NoSuchTicket
from tickets.openings import review_reasons
from tickets.races import until_it_holds
from tickets.retracting import History, Retraction, the_word
from tickets.rows import Correction, Ticket
from tickets.store import Store

STANDING = ("state", "review_reasons")


def take_back(
    store: Store,
    policy: Policy,
    ticket: int,
    *,
    agent: str,
    label: str | None = None,
    word: int | None = None,
) -> Correction:
    """Takes back the last word on a label, or the correction of that id (``word``), with all that followed from it.

    Every other word stands and is applied again, in order, to what the ticket was at first: labels, clauses, terms and
    the response target are as they would have been. The state is what it was before where nothing else was said with
    or after it. Raises :class:`~tickets.faults.StoreError` where no such word stands.
    """

    def attempt(left: Mapping[str, int | None]) -> Correction:
        found = store.ticket(ticket)
        if found is None:
            raise NoSuchTicket(ticket)
        history = store.said_of(ticket)
        gone = the_word(history.batches, ticket, label=label, word=word)
        known = replace(found, facts=desk.known_now(store, policy, found, left))
        now, snapshots = _again(store, policy, known, history, gone, again=bool(left))
        store.retract(Retraction(found, history, gone, now, snapshots), agent=agent)
        return gone

    return until_it_holds(ticket, attempt)


def _again(
    store: Store, policy: Policy, ticket: Ticket, history: History, gone: Correction, *, again: bool
) -> tuple[dict[str, Any], dict[int, Mapping[str, Any]]]:
    """The ticket's columns without the word, and what each batch that is left then finds before it."""
    now = _at_first(store, policy, ticket, history)
    # With other facts than the words were said about, none of them merely confirms.
    again = again or history.assigned
    emptied: Mapping[str, Any] | None = None
    snapshots: dict[int, Mapping[str, Any]] = {}
    for batch in history.batches:
        standing = {name: batch.before[name] for name in (*STANDING, "after")}
        if emptied is not None and emptied["after"] == standing["state"]:
            standing |= {name: emptied[name] for name in STANDING}
        emptied = None
        words = {word.label: word.to_value for word in batch.words if word.id != gone.id}
        if not words:
            emptied = standing
            continue
        snapshots[batch.id] = now | standing
        now = _said(store, policy, ticket, now, words, again=again)
    last = emptied or {**history.batches[-1].before, "state": ticket.state, "review_reasons": ticket.review_reasons}
    if emptied is not None and history.assigned:
        last = _asked(ticket)
    return now | {"state": last["state"], "review_reasons": list(last["review_reasons"])}, snapshots


def _at_first(store: Store, policy: Policy, ticket: Ticket, history: History) -> dict[str, Any]:
    """The columns before any standing word; made from the verdict where the ticket has another customer since."""
    if not history.assigned:
        return {name: history.batches[0].before[name] for name in RESTORED}
    verdict = ticket.verdict
    labels = {label: verdict.labels[label].value for label in LABELS}
    signals = verdict.signals if verdict.reading else desk.signals_of(store, policy, ticket)
    facts, impact = ticket.facts, verdict.impact_values
    terms = policy.terms(labels, verdict.clauses, facts, facts.received_at, impact=impact, signals=signals)
    sources = {label: verdict.labels[label].source for label in LABELS}
    return {**labels, "sources": sources, "clauses": list(verdict.clauses), "terms": terms.to_json(), "corrected": {}}


def _said(
    store: Store, policy: Policy, ticket: Ticket, now: Mapping[str, Any], words: Mapping[str, str], *, again: bool
) -> dict[str, Any]:
    """The columns after an agent said these values."""
    before = {label: now[label] for label in LABELS}
    there = replace(ticket, corrected=now["corrected"])
    derived, clauses, terms = desk.consequences(store, policy, there, before, words, again=again)
    said = {**now, **derived, **words, "corrected": {**now["corrected"], **words}}
    said["sources"] = {**now["sources"], **dict.fromkeys(derived, "rule"), **dict.fromkeys(words, "agent")}
    if clauses is not None:
        said["clauses"] = list(clauses)
    if terms is not None:
        said["terms"] = terms.to_json()
    return said


def _asked(ticket: Ticket) -> dict[str, Any]:
    """The state of a ticket on which no agent has spoken: whether its verdict needs a person."""
    if not ticket.verdict.needs_person:
        return {"state": "decided", "review_reasons": []}
    return {"state": "review", "review_reasons": review_reasons(ticket.verdict, known_sender=True)}
