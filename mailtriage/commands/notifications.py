"""Commands on what is told of events by mail and by webhook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from errors import MailtriageError
from mailtriage.commands.listing import printable
from mailtriage.commands.opened import office_of, settings_of
from mailtriage.commands.output import echo_json
from mailtriage.notifying.delivery import NotDelivered
from mailtriage.notifying.mail import MailChannel
from mailtriage.notifying.message import sample
from mailtriage.notifying.webhook import WebhookChannel
from mailtriage.settings import Settings
from tickets.notifying.notifications import Notification
from tickets.store import Store

ACTOR = "command line"
FAILED = 1
PAGE = 500


@click.group()
def notifications() -> None:
    """What is told of events by mail and by webhook."""


@notifications.command("list")
@click.option("--failed", is_flag=True, help="Only those that were given up, and those whose last try failed.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def list_command(context: click.Context, failed: bool, limit: int, as_json: bool) -> None:
    """List notifications, newest first: what was told to whom, or why not.

    Example: mailtriage notifications list --failed
    """
    with office_of(context) as office:
        for one in _every(office.store, failed, limit):
            echo_json(as_document(one)) if as_json else click.echo(as_line(one))


@notifications.command()
@click.argument("number", metavar="ID", required=False, type=click.IntRange(min=1))
@click.option("--all", "every", is_flag=True, help="All that were given up.")
@click.pass_context
def retry(context: click.Context, number: int | None, every: bool) -> None:
    """Send a notification that failed again, with all its tries before it; a running program does so within seconds.

    \b
    Example: mailtriage notifications retry 12
             mailtriage notifications retry --all
    """
    if (number is None) == (not every):
        raise MailtriageError("Say which: the ID of one (mailtriage notifications list --failed), or --all.")
    with office_of(context) as office:
        ids = office.store.retry_notifications(number, datetime.now(UTC), actor=ACTOR)
    click.echo(f"to be sent again: {', '.join(map(str, ids)) or 'none'}")


@notifications.command("test")
@click.argument("channel", type=click.Choice(["mail", "webhook"]))
@click.argument("name", required=False)
@click.pass_context
def test_command(context: click.Context, channel: str, name: str | None) -> int:
    """Send a sample now: to all addresses of [smtp] or to one, or to a webhook. Exit code 1 when one fails.

    \b
    Example: mailtriage notifications test mail
             mailtriage notifications test webhook ops
    """
    settings = settings_of(context)
    tried = _mail(settings, name) if channel == "mail" else _webhook(settings, name)
    failed = False
    for target, way in tried:
        try:
            click.echo(f"sent  {target}: {printable(way.deliver(sample(datetime.now(UTC)), target))}")
        except NotDelivered as error:
            failed = True
            click.echo(f"WRONG {target}: {printable(str(error))}")
    return FAILED if failed else 0


def _mail(settings: Settings, address: str | None) -> list[tuple[str, MailChannel | WebhookChannel]]:
    if settings.smtp is None:
        raise MailtriageError("The settings have no [smtp] table (docs/settings.md).")
    recipients = settings.smtp.recipients
    if address is not None and address not in recipients:
        raise MailtriageError(f"No [[smtp.notify]] names {address}; there are: {', '.join(recipients) or 'none'}.")
    chosen = [address] if address is not None else list(recipients)
    if not chosen:
        raise MailtriageError("Nobody is told by mail; add an [[smtp.notify]] table with to = [...].")
    return [(each, MailChannel(settings.smtp)) for each in chosen]


def _webhook(settings: Settings, name: str | None) -> list[tuple[str, MailChannel | WebhookChannel]]:
    for table in settings.webhooks:
        if table.name == name:
            return [(table.name, WebhookChannel(table))]
    names = ", ".join(table.name for table in settings.webhooks) or "none"
    raise MailtriageError(f"Name a webhook of the settings; there are: {names}.")


def _every(store: Store, failed: bool, limit: int) -> Iterator[Notification]:
    before: int | None = None
    while limit > 0 and (page := store.notifications(failed=failed, limit=min(limit, PAGE), before=before)):
        yield from page
        limit -= len(page)
        before = page[-1].id


def as_document(one: Notification) -> dict[str, Any]:
    """A notification as a JSON object (docs/formats.md)."""
    return {
        "id": one.id,
        "state": one.state,
        "event": one.event.kind,
        "at": one.event.at.isoformat(),
        "ticket": one.event.ticket,
        "channel": one.channel,
        "target": one.target,
        "tries": one.tries,
        "next_try": one.next_try.isoformat() if one.next_try else None,
        "sent_at": one.done_at.isoformat() if one.done_at else None,
        "error": one.error or None,
    }


def as_line(one: Notification) -> str:
    """A notification in a line for people."""
    of = f"{one.event.kind} of ticket {one.event.ticket}" if one.event.ticket is not None else one.event.kind
    line = f"{one.id:>6}  {one.event.at:%Y-%m-%d %H:%M}  {one.state:<8}  {of}, {one.channel} {one.target}"
    if one.done_at is not None:
        return f"{line}, sent {one.done_at:%Y-%m-%d %H:%M} UTC"
    then = f", next try {one.next_try:%Y-%m-%d %H:%M} UTC" if one.next_try else ""
    return f"{line}, {one.tries} tries{then}{f': {printable(one.error)}' if one.error else ''}"
