"""Commands that run the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from errors import MailtriageError
from mailtriage import demo as demonstration
from mailtriage import up as program
from mailtriage.alerts import AlertLog, token_alerts, token_watchers
from mailtriage.commands.opened import PORT, office_of
from mailtriage.commands.output import echo_json
from mailtriage.mailbox_table import MailboxTable
from mailtriage.notifying.threads import Telling, tell_once
from mailtriage.office import Office
from mailtriage.polling import Poller, PollReport, poll
from mailtriage.second_look import UpgradeRetry, retry_after_upgrade
from mailtriage.settings import Settings


@click.command()
@click.option("--port", type=PORT, help="Port of the page; overrides web.port.")
@click.pass_context
def up(context: click.Context, port: int | None) -> None:
    """Poll the mailboxes, serve the page and retrain on schedule, in one process.

    Example: mailtriage --config /etc/mailtriage.toml up
    """
    with office_of(context) as office:
        if port is not None:
            web = office.settings.web.model_copy(update={"port": port})
            office = replace(office, settings=office.settings.model_copy(update={"web": web}))
        program.up(office, lambda address: click.echo(f"mailtriage listens on {address}"))


@click.command()
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), default=Path("mailtriage-demo"), show_default=True
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8025, show_default=True, help="Port of the page; 0 takes a free one.")
def demo(data_dir: Path, host: str, port: int) -> None:
    """Run everything on sample mail: an IMAP server in the process, three policies, one login.

    Example: mailtriage demo --port 8080
    """
    with demonstration.demo(data_dir, host, port) as running:

        def announce(address: str) -> None:
            click.echo(f"mailtriage listens on {address}")
            click.echo(f"Sign in as {running.user} with the password {running.password}")
            click.echo("Thirty sample mails are coming in over IMAP. Stop with Ctrl-C.")

        program.up(running.office, announce)


@click.command("poll")
@click.option("--once", is_flag=True, help="Poll each mailbox once and end.")
@click.option("--mailbox", "names", multiple=True, help="Only this mailbox of the settings; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="With --once: one JSON object for each mailbox.")
@click.pass_context
def poll_command(context: click.Context, once: bool, names: tuple[str, ...], as_json: bool) -> None:
    """Record the new mail of every mailbox and send notifications, once or until stopped; without the page.

    Example: mailtriage poll --once --json
    """
    with office_of(context) as office:
        tables = [one for table in chosen(office.settings, names) for one in table.each_folder()]
        if as_json and not once:
            raise MailtriageError("--json says what one poll did: add --once.")
        if not once:
            poll_until_stopped(tables, office)
            return
        retry_after_upgrade(office)
        failures = []
        for table in tables:
            try:
                report = poll(table, office)
            except MailtriageError as error:
                failures.append(f"{table.label}: {error}")
                continue
            echo_json(report_json(report)) if as_json else click.echo(report_text(report))
        tell_once(office)
        for name in {table.name for table in tables} & office.tokens.keys():
            AlertLog().note(token_alerts(office.tokens[name]), datetime.now(UTC))
        if failures:
            raise MailtriageError("; ".join(failures))


def chosen(settings: Settings, names: Sequence[str]) -> list[MailboxTable]:
    """The mailboxes of those names, or all; raises when there is none."""
    if names:
        return [settings.mailbox(name) for name in dict.fromkeys(names)]
    if not settings.mailboxes:
        raise MailtriageError("No mailbox is set; add a [[mailboxes]] table to the settings (docs/settings.md).")
    return list(settings.mailboxes)


def poll_until_stopped(tables: Sequence[MailboxTable], office: Office) -> None:
    """Polls the mailboxes, each in a thread of its own, until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    pollers = [Poller(table, office, stop) for table in tables]
    tokens = {table.name: office.tokens[table.name] for table in tables if table.name in office.tokens}
    upgrade = UpgradeRetry(office, stop)
    telling = Telling(office, stop)
    threads = (*token_watchers(tokens, stop), *pollers, *telling.threads, upgrade)
    for thread in threads:
        thread.start()
    while not stop.wait(1.0):
        pass
    for thread in threads:
        thread.join()


def report_json(report: PollReport) -> dict[str, object]:
    """A poll as a JSON object: mailbox, recorded (by disposition), total, known, seconds (by step), problem or null."""
    return {
        "mailbox": report.mailbox,
        "recorded": dict(report.recorded),
        "total": report.total,
        "known": report.known,
        "seconds": {step: round(seconds, 3) for step, seconds in report.seconds.items()},
        "problem": report.problem,
    }


def report_text(report: PollReport) -> str:
    """A poll in one line for people."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report.recorded.items())) or "nothing new"
    problem = f" ({report.problem})" if report.problem else ""
    return f"{report.mailbox}: {kinds}{problem}"
