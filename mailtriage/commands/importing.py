"""The command that records mail of the past: from files, or from a folder of a mailbox."""

from __future__ import annotations

import sys
from collections import Counter as Tally
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import click

from errors import MailtriageError
from intake import files
from mailtriage.backfill import import_history
from mailtriage.commands.opened import office_of
from mailtriage.importing import import_labelled, import_mails
from mailtriage.mailbox_table import MailboxTable
from mailtriage.office import Office
from mailtriage.starters import read_legal
from tickets.notifying.subscriptions import NOBODY

PATHS = click.Path(path_type=Path)
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("import")
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--policy", help="The policy that decides these mails.")
@click.option("--mailbox", "name", help="A mailbox of the settings to read instead of files; its policy decides.")
@click.option("--folder", "folders", multiple=True, help="A folder of that mailbox (default: those that are polled).")
@click.option("--since", type=DAY, help="Only mails that arrived in the mailbox from that day (2026-01-31) on.")
@click.option("--agent", default="import", show_default=True, help="Who gave the labels of labelled mails.")
@click.option("--skip-bad", is_flag=True, help="Leave out lines of labelled mails that cannot be read.")
@click.pass_context
def import_command(
    context: click.Context,
    paths: tuple[Path, ...],
    policy: str | None,
    name: str | None,
    folders: tuple[str, ...],
    since: datetime | None,
    agent: str,
    skip_bad: bool,
) -> None:
    """Record the mail of the past: .eml files, folders of them, mbox, Maildir, labelled mails (.jsonl), or the history
    of a mailbox's folder, which is left as it is.

    An import that was interrupted is simply started again: what is recorded is recognised.

    \b
    Example: mailtriage import old-mail.mbox --policy penelope
             mailtriage import --mailbox support --folder Archive --since 2026-01-01
    """
    _check(paths, policy, name, folders, since)
    with office_of(context) as opened:
        office = replace(opened, store=opened.store.telling(NOBODY))  # the past is no news
        try:
            if name is not None:
                counts = _from_mailbox(office, name, folders, since.date() if since else None)
            else:
                counts = _from_files(office, paths, policy or "", agent, skip_bad)
        except KeyboardInterrupt:
            click.echo("\nStopped. What is recorded stays; start the same import again to go on.", err=True)
            raise
    click.echo(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "nothing new")


def _check(
    paths: tuple[Path, ...], policy: str | None, name: str | None, folders: tuple[str, ...], since: datetime | None
) -> None:
    if paths and name:
        raise MailtriageError("Import files or a mailbox's history, one at a time: leave out the paths or --mailbox.")
    if not paths and not name:
        raise MailtriageError("Name what to import: files and folders, or a mailbox of the settings (--mailbox NAME).")
    if name is not None and policy is not None:
        raise MailtriageError("A mailbox's mails are decided by the policy that its settings name: leave out --policy.")
    if name is None and policy is None:
        raise MailtriageError("Say which policy decides: --policy NAME (mailtriage policy list shows them).")
    if name is None and (folders or since):
        raise MailtriageError("--folder and --since are for the history of a mailbox: add --mailbox NAME.")


def _from_files(office: Office, paths: tuple[Path, ...], policy: str, agent: str, skip_bad: bool) -> Tally[str]:
    chosen = office.policy(policy)
    labelled = [path for path in paths if path.suffix == ".jsonl"]
    plain = [path for path in paths if path not in labelled]
    examples = [e for path in labelled for e in read_legal(path, chosen, skip_bad=skip_bad)]
    with click.progressbar(length=files.size(plain), label="importing", file=sys.stderr) as bar:
        counts = import_mails(files.read(plain), policy, office, bar.update)
    if examples:
        with click.progressbar(length=len(examples), label="labelled mails", file=sys.stderr) as bar:
            counts.update(import_labelled(examples, policy, office, agent, bar.update))
    return counts


def _from_mailbox(office: Office, name: str, folders: tuple[str, ...], since: date | None) -> Tally[str]:
    counts: Tally[str] = Tally()
    for table in _tables(office, name, folders):
        with click.progressbar(length=0, label=f"importing {table.folder}", show_pos=True, file=sys.stderr) as bar:

            def advance(mails: int, there: int, bar: object = bar) -> None:
                bar.length = there  # type: ignore[attr-defined]
                bar.update(mails)  # type: ignore[attr-defined]

            report = import_history(table, office, since, advance)
        counts.update(report.recorded)
        if report.known:
            counts["known"] += report.known
    return counts


def _tables(office: Office, name: str, folders: tuple[str, ...]) -> list[MailboxTable]:
    """The mailbox once for each folder to be read."""
    found = office.settings.mailbox(name)
    if not folders:
        return list(found.each_folder())
    return [found.model_copy(update={"folder": folder, "folders": ()}) for folder in dict.fromkeys(folders)]
