"""Commands on the mailboxes of the settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from errors import MailtriageError
from mailtriage.alerts import public, sentence, token_alerts
from mailtriage.commands.opened import PORT, settings_of
from mailtriage.commands.output import echo_json
from mailtriage.mailbox_table import MailboxTable
from mailtriage.oauth.authorise import by_browser, by_device
from mailtriage.oauth.keeper import TokenKeeper
from mailtriage.office import open_tokens


@click.group()
def mailboxes() -> None:
    """The mailboxes of the settings, and how they are signed in to."""


@mailboxes.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each mailbox.")
@click.pass_context
def mailboxes_list(context: click.Context, as_json: bool) -> None:
    """List each mailbox with its folder, how it is signed in to, and until when its token is good.

    Example: mailtriage mailboxes list --json
    """
    settings = settings_of(context)
    tokens = open_tokens(settings)
    for table in settings.mailboxes:
        keeper = tokens.get(table.name)
        echo_json(_as_json(table, keeper)) if as_json else click.echo(_as_text(table, keeper))


@mailboxes.command("authorise")
@click.argument("name")
@click.option("--flow", type=click.Choice(["device", "browser"]), help="Default: device, where the provider has it.")
@click.option("--port", type=PORT, default=0, help="With --flow browser: the loopback port; 0 takes a free one.")
@click.pass_context
def mailboxes_authorise(context: click.Context, name: str, flow: str | None, port: int) -> None:
    """Let a person allow mailtriage to read a mailbox, and keep the token; a running program goes on with it.

    Example: mailtriage mailboxes authorise support
    """
    settings = settings_of(context)
    table = settings.mailbox(name)
    keeper = open_tokens(settings).get(name)
    if keeper is None:
        raise MailtriageError(f"Mailbox {name} signs in with a password; it has no [mailboxes.oauth] to authorise.")
    if keeper.endpoint.table.grant == "client_credentials":
        raise MailtriageError(f"Mailbox {name} uses client credentials; an administrator of the directory allows that.")
    provider = keeper.endpoint.provider
    has = {"device": provider.device_url, "browser": provider.authorisation_url}
    chosen = flow or next((each for each, url in has.items() if url), None)
    if chosen is None or not has[chosen]:
        needed = {"device": "device_url", "browser": "authorisation_url", None: "device_url or authorisation_url"}
        raise MailtriageError(f"Set {needed[chosen]} in [mailboxes.oauth] of {name}, as the provider documents it.")
    keeper.file.prepare()
    if chosen == "device":
        grant = by_device(keeper.endpoint, click.echo)
    else:
        grant = by_browser(keeper.endpoint, table.username, click.echo, port=port)
    if grant.refresh_token is None:
        raise MailtriageError(
            "The provider gave no refresh token, so mail would stop within the hour; ask for its scope of offline "
            "access in scopes, or remove mailtriage's access there and run the command again."
        )
    keeper.keep(grant)
    click.echo(f"Mailbox {name} is authorised. Try it with: mailtriage doctor")


def _as_json(table: MailboxTable, keeper: TokenKeeper | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "mailbox": table.name,
        "folder": table.folder,
        "folders": [one.folder for one in table.each_folder()],
        "host": table.host,
        "username": table.username,
        "policy": table.policy,
        "authentication": table.authentication,
    }
    if keeper is not None:
        stored = keeper.stored()
        shown |= {
            "token_server": keeper.endpoint.provider.token_url,
            "token_expires": _stamp(stored.expires_at if stored else None),
            "authorisation_expires": _stamp(stored.refresh_expires_at if stored else None),
            "secret_expires": keeper.endpoint.table.secret_expires,
            "alerts": public(token_alerts(keeper)),
        }
    return shown


def _as_text(table: MailboxTable, keeper: TokenKeeper | None) -> str:
    folders = ", ".join(one.folder for one in table.each_folder())
    line = f"{table.name}: {table.username} at {table.host}, folder {folders}, {table.authentication}"
    if keeper is None:
        return line
    stored = keeper.stored()
    line += f", token good until {_stamp(stored.expires_at)}" if stored else ", not authorised yet"
    return "\n".join([line, *(f"  {sentence(alert, datetime.now(UTC))}" for alert in token_alerts(keeper))])


def _stamp(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds is not None else None
