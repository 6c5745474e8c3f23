"""The command that corrects labels: of one ticket, or the same of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from errors import MailtriageError
from mailtriage.commands.listing import printable
from mailtriage.commands.opened import settings_of
from mailtriage.commands.output import echo_json
from mailtriage.office import opened_books, policy_that_decided
from policies.labels import LABELS
from policies.policy import Policy
from policies.versions import Policies
from tickets import bulk, desk
from tickets.bulk import Change
from tickets.faults import NoSuchTicket
from tickets.rows import How, Ticket
from tickets.store import Store
from tickets.taking_back import take_back

FILTERS = ("policy", "state", *LABELS)


@dataclass(frozen=True, slots=True)
class Books:
    """The tickets, and the policies that decided them."""

    store: Store
    policies: Policies

    def ticket(self, number: int) -> Ticket:
        """The ticket of that number; raises :class:`NoSuchTicket`."""
        found = self.store.ticket(number)
        if found is None:
            raise NoSuchTicket(number)
        return found

    def policy_of(self, number: int) -> Policy:
        """The version of its policy that decided a ticket."""
        return policy_that_decided(self.policies, self.ticket(number))


@click.command("correct")
@click.argument("tickets", nargs=-1, type=int)
@click.option("--set", "wanted", multiple=True, metavar="LABEL=VALUE", help="A label's value, as severity=SEV2.")
@click.option("--confirm", is_flag=True, help="Confirm all four labels as they are.")
@click.option(
    "--take-back", "taken_back", type=click.Choice(LABELS), help="Take back the last word on this label instead."
)
@click.option("--search", "words", help="The tickets whose mails contain these words, beside those named.")
@click.option("--where", "filters", multiple=True, metavar="KEY=VALUE", help="Of the search: policy, state or a label.")
@click.option("--by", required=True, help="The agent who says so.")
@click.option("--reason", default="", help="Why; kept with each correction.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before several tickets are corrected.")
@click.option("--json", "as_json", is_flag=True, help="One ticket (JSON object) a line.")
@click.pass_context
def correct(
    context: click.Context,
    tickets: Sequence[int],
    wanted: Sequence[str],
    confirm: bool,
    taken_back: str | None,
    words: str | None,
    filters: Sequence[str],
    by: str,
    reason: str,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Correct or confirm labels of TICKETS, with all that follows from them by the policy.

    Several tickets are shown first, and asked about; their corrections are marked as given in bulk.

    Example: mailtriage correct --search "licence renewal" --where severity=SEV2 --set severity=SEV4 --by maria
    """
    if (bool(wanted), confirm, taken_back is not None).count(True) != 1:
        raise MailtriageError("Say one of --set LABEL=VALUE, --confirm and --take-back LABEL.")
    labels, chosen = _pairs("--set", wanted, LABELS), _pairs("--where", filters, FILTERS)
    with opened_books(settings_of(context)) as (store, policies):
        books = Books(store, policies)
        if words is None and not chosen and len(tickets) == 1:
            _one(books, tickets[0], labels, taken_back, by, reason, dry_run, as_json)
            return
        if not wanted:
            raise MailtriageError("Confirm and take back one ticket at a time: nobody looked at many at once.")
        _many(books, [*tickets, *_found(store, words, chosen)], labels, by, reason, dry_run, yes, as_json)


def _one(
    books: Books,
    number: int,
    wanted: dict[str, str],
    taken_back: str | None,
    by: str,
    reason: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    ticket = books.ticket(number)
    policy = books.policy_of(number)
    if taken_back is not None:
        if dry_run:
            raise MailtriageError("--take-back has no --dry-run: what was taken back can be said again.")
        gone = take_back(books.store, policy, number, label=taken_back, agent=by)
        if as_json:
            echo_json(gone.to_json())
        else:
            left = getattr(books.ticket(number), gone.label)
            click.echo(f"{number}  {gone.label}: {gone.agent}'s {gone.to_value} taken back; it is {left}")
        return
    changes = wanted or {label: getattr(ticket, label) for label in LABELS}
    desk.check(policy, changes)
    [told] = bulk.preview(books.store, lambda _: policy, [number], changes)
    if told.refused:
        raise MailtriageError(told.refused)
    if not dry_run:
        desk.correct(books.store, policy, number, changes, agent=by, why=reason, how=How())
    _tell([told], as_json)


def _many(
    books: Books,
    numbers: Sequence[int],
    wanted: dict[str, str],
    by: str,
    reason: str,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    seen = bulk.preview(books.store, books.policy_of, numbers, wanted)
    willing = [change.ticket for change in seen if not change.refused]
    if dry_run or not yes:
        _tell(seen, as_json)
    if dry_run or not willing:
        return
    if not yes:
        click.confirm(f"Correct {len(willing)} tickets?", abort=True, err=True)
    done = bulk.correct_all(books.store, books.policy_of, willing, wanted, agent=by, why=reason)
    refused = [change for change in seen if change.refused]
    _tell([*refused, *done] if yes else [change for change in done if change.refused], as_json)
    if not as_json:
        click.echo(f"{sum(not change.refused for change in done)} tickets corrected", err=True)


def _pairs(option: str, given: Sequence[str], keys: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals or key not in keys:
            raise MailtriageError(f"{option} {each!r} is not KEY=VALUE with one of {', '.join(keys)}.")
        pairs[key] = value
    return pairs


def _found(store: Store, words: str | None, chosen: Mapping[str, Any]) -> list[int]:
    if words is None and not chosen:
        return []
    found = store.search(words or "", **chosen, limit=bulk.MOST + 1)
    if not found:
        raise MailtriageError("No ticket is found by that search.")
    return [item.number for item in found]


def _tell(changes: Sequence[Change], as_json: bool) -> None:
    for change in changes:
        echo_json(change.to_json()) if as_json else click.echo(_line(change))


def _line(change: Change) -> str:
    if change.refused:
        return printable(f"{change.ticket}  left as it is: {change.refused}")
    told = [f"{label} {old} -> {new}" for label, (old, new) in change.labels.items()]
    told += [f"{label} confirmed" for label in change.confirms]
    if change.coverage:
        told.append(f"coverage: {change.coverage[0]} -> {change.coverage[1]}")
    return printable(f"{change.ticket}  {'; '.join(told)}  {change.subject}")
