"""Commands that read raw mail, without a store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from intake import conversation, files
from intake import message as messages
from intake.screening import screen
from mailtriage.commands.output import echo_json

PATHS = click.Path(path_type=Path)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATHS)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def parse(paths: tuple[Path, ...], as_json: bool) -> None:
    """Show what is read of raw mails: files, folders, mbox, Maildir; no store is touched.

    Example: mailtriage parse mail.eml --json
    """
    for mail in files.read(paths):
        message = messages.parse(mail.raw)
        screening = screen(message)
        if not as_json:
            click.echo(f"{mail.name}: {screening.kind}: {message.subject!r} of {message.date or 'an unreadable date'}")
            continue
        where: dict[str, object] = {"file": mail.file} | ({} if mail.index is None else {"index": mail.index})
        echo_json(where | messages.to_json(message, asdict(screening)))


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATHS)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a conversation.")
def threads(paths: tuple[Path, ...], as_json: bool) -> None:
    """Show which mails belong to one conversation, by their headers alone.

    Example: mailtriage threads archive.mbox --json
    """
    mails = list(files.read(paths))
    found = conversation.conversations(
        [messages.parse(mail.raw) for mail in mails],
        [mail.name for mail in mails],
        [mail.delivered_at for mail in mails],
    )
    for thread in found:
        echo_json(thread.to_json()) if as_json else click.echo(
            f"{thread.root}: {len(thread.members)} mails {thread.tree}"
        )
