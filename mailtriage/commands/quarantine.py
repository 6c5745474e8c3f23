"""Commands on the mails that could not be taken through their trip."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from classifier.program import program_version
from errors import MailtriageError
from mailtriage import second_look
from mailtriage.commands.listing import every, mail_json, mail_line, outcome_json, outcome_line, printable
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from mailtriage.office import Office
from tickets.recording import HEADER_ALONE
from tickets.rows import StoredMessage
from tickets.store import NoSuchMessage

ACTOR = "command line"
STAYS = 1
MESSAGE = click.IntRange(min=1)


@click.group()
def quarantine() -> None:
    """The mails that failed at a step of their trip; their raw bytes are kept."""


@quarantine.command("list")
@click.option("--policy", help="Only the mails of this policy.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def list_command(context: click.Context, policy: str | None, as_json: bool) -> None:
    """List the quarantine, newest first.

    Example: mailtriage quarantine list --json
    """
    with office_of(context) as office:
        chosen = office.policy(policy).name if policy else None
        for mail in every(lambda limit, offset: office.store.quarantined(policy=chosen, limit=limit, offset=offset)):
            echo_json(mail_json(mail)) if as_json else click.echo(mail_line(mail, step_of(mail)))


@quarantine.command()
@click.argument("message", metavar="ID", type=MESSAGE)
@click.option("--raw", is_flag=True, help="Write the raw bytes to standard output, and nothing else.")
@click.pass_context
def show(context: click.Context, message: int, raw: bool) -> None:
    """Show one mail of the quarantine: what failed, where, and what is wrong with it.

    Example: mailtriage quarantine show 12 --raw > 12.eml
    """
    with office_of(context) as office:
        mail = quarantined(message, office)
        if raw:
            click.echo(raw_of(message, office), nl=False)
            return
        told = {
            "received": mail.received_at.isoformat(timespec="seconds"),
            "mailbox": mail.mailbox or "none (imported)",
            "policy": mail.policy,
            "from": f"{mail.sender_name} <{mail.sender_address}>".strip() if mail.sender_address else "unknown",
            "subject": mail.subject or "(no subject)",
            "step": step_of(mail),
            "reason": mail.reason,
            "program": mail.program_version or "unknown",
        }
        for name, value in told.items():
            click.echo(f"{name + ':':<10}{printable(value)}")
        for defect in mail.defects:
            click.echo(f"{'defect:':<10}{printable(defect)}")


@quarantine.command()
@click.argument("messages", metavar="[ID]...", nargs=-1, type=MESSAGE)
@click.option("--all", "every_one", is_flag=True, help="Every mail of the quarantine.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a mail.")
@click.pass_context
def retry(context: click.Context, messages: tuple[int, ...], every_one: bool, as_json: bool) -> int:
    """Take mails of the quarantine through the trip again. Exit code 1 when one of them stays.

    A mail that was too large is fetched from its mailbox again: raise max_message_mb first.

    Example: mailtriage quarantine retry 12 13
    """
    if bool(messages) == every_one:
        raise MailtriageError("Name the mails by their ids (mailtriage quarantine list), or say --all.")
    stay, failures = 0, []
    with office_of(context) as office:
        for message in dict.fromkeys(messages) if messages else second_look.in_quarantine(office):
            try:
                done = second_look.retry(message, office, actor=ACTOR)
            except MailtriageError as error:
                failures.append(str(error))
                continue
            stay += done.disposition == "quarantined"
            mail = office.store.message(message)
            told = (done, mail.reason if mail else "")
            echo_json(outcome_json(*told)) if as_json else click.echo(outcome_line(*told))
    if failures:
        raise MailtriageError(" ".join(failures))
    return STAYS if stay else 0


@quarantine.command()
@click.argument("messages", metavar="ID...", nargs=-1, required=True, type=MESSAGE)
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where to.")
@click.pass_context
def export(context: click.Context, messages: tuple[int, ...], folder: Path) -> None:
    """Write mails of the quarantine as ID.eml, with ID.json that says what failed; nothing is overwritten.

    Example: mailtriage quarantine export 12 --to reports
    """
    with office_of(context) as office:
        for message in dict.fromkeys(messages):
            mail = quarantined(message, office)
            raw = raw_of(message, office)
            document = json.dumps(report(mail, len(raw)), ensure_ascii=False, indent=2) + "\n"
            files = {folder / f"{message}.eml": raw, folder / f"{message}.json": document.encode("utf-8", "replace")}
            write_new(files)
            click.echo(" ".join(str(path) for path in files))


def quarantined(message: int, office: Office) -> StoredMessage:
    """The mail of that id; raises when there is none, or it is not in quarantine."""
    mail = office.store.message(message)
    if mail is None:
        raise NoSuchMessage(message)
    if mail.disposition != "quarantined":
        raise MailtriageError(f"Mail {message} is not in quarantine; it is: {mail.disposition.replace('_', ' ')}.")
    return mail


def raw_of(message: int, office: Office) -> bytes:
    return office.store.held(message, "quarantined").raw


def step_of(mail: StoredMessage) -> str:
    return mail.step or "unknown step"


def report(mail: StoredMessage, size: int) -> dict[str, Any]:
    """What is written beside an exported mail: what failed, under which versions, and whether all of it was fetched."""
    return {
        **mail_json(mail),
        "message_id": mail.message_id,
        "digest": mail.digest,
        "size": size,
        "whole": mail.step != HEADER_ALONE,
        "defects": list(mail.defects),
        "exported_by": program_version(),
    }


def write_new(files: dict[Path, bytes]) -> None:
    """Writes files that do not exist yet, readable by this user alone: all of them or none."""
    written: list[Path] = []
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            written.append(path)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
    except OSError as error:
        for each in written:
            with suppress(OSError):
                each.unlink()
        why = "is there already; nothing is overwritten" if isinstance(error, FileExistsError) else error.strerror
        raise MailtriageError(f"{path}: cannot be written ({why}).") from error
