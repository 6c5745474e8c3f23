"""Every setting and connection tried, and what to do about what does not work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from classifier.encoder import DIMENSION, EncoderError, standing
from errors import MailtriageError
from intake.mailbox import Mailbox
from mailtriage import encoders
from mailtriage.alerts import sentence, token_alerts
from mailtriage.audit import alert_of
from mailtriage.mailbox_table import MailboxTable
from mailtriage.notifying.deliverer import channels
from mailtriage.oauth.keeper import TokenKeeper
from mailtriage.office import find_policy, open_policies, open_registry, open_tokens
from mailtriage.settings import Settings
from tickets.store import Store

LEAST_FREE_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing checked: whether it is well, and what was seen or what to do."""

    subject: str
    well: bool
    says: str


def examine(settings: Settings) -> Iterator[Finding]:
    """The findings, one by one, as each check ends; a check that fails does not stop the others."""
    yield _try("data folder", lambda: _data_dir(settings))
    yield _try("database", lambda: _database(settings))
    yield _try("policies", lambda: ", ".join(f"{p.name} {p.version}" for p in open_policies(settings).values()))
    yield _try("encoder", lambda: _encoder(settings))
    yield _try("models", lambda: _models(settings))
    yield _try("users", lambda: _users(settings))
    yield _try("audit", lambda: _audit(settings))
    if not settings.mailboxes:
        yield Finding("mailboxes", False, "none is set; add a [[mailboxes]] table to the settings (docs/settings.md).")
    for name, keeper in open_tokens(settings).items():
        yield _try(f"token of {name}", partial(_token, keeper))
    for table in settings.each_folder():
        yield _try(f"mailbox {table.label}", partial(_mailbox, table, settings))
    for name, channel in channels(settings).items():
        yield _try(f"notifications by {name}", channel.check)
    yield _try("notifications", lambda: _notifications(settings))


def _try(subject: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, check())
    except MailtriageError as error:
        return Finding(subject, False, str(error))


def _data_dir(settings: Settings) -> str:
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MailtriageError(
            f"{folder} cannot be made ({error.strerror}); set data_dir to a folder you own."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise MailtriageError(f"{folder} cannot be written; give it to the user who runs mailtriage.")
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise MailtriageError(f"{folder}: only {free // 1024**2} MB are free; make room before mail comes in.")
    return f"{folder}, {free // 1024**3} GB free"


def _database(settings: Settings) -> str:
    store = Store.open(settings.store_url())
    try:
        store.check()
        counts = store.counts()
    finally:
        store.close()
    kind = "SQLite" if settings.database_url is None else "as set"
    return f"{kind}, {counts.get('review', 0)} tickets wait for a person"


def _encoder(settings: Settings) -> str:
    """That of the profile that is set must be there; the others are listed with what they want."""
    encoders.configure(settings)
    own = f"{settings.profile}: {standing(settings.profile)}"
    others = []
    for profile in DIMENSION:
        if profile != settings.profile:
            try:
                standing(profile)
                others.append(f"{profile} is usable")
            except EncoderError:
                others.append(f"{profile} is not installed")
    return f"{own}; {', '.join(others)}"


def _models(settings: Settings) -> str:
    policies = open_policies(settings)
    registry = open_registry(settings, policies)
    missing = [name for name in sorted(policies) if registry.current(name) is None]
    if missing:
        raise MailtriageError(f"no model for {', '.join(missing)}; run: mailtriage train --policy {missing[0]}")
    return ", ".join(f"{name} {registry.load(name).version}" for name in sorted(policies))


def _users(settings: Settings) -> str:
    store = Store.open(settings.store_url())
    try:
        names = [user.name for user in store.users()]
    finally:
        store.close()
    if not names:
        raise MailtriageError("nobody can sign in yet; run: mailtriage users add NAME")
    return f"{len(names)} can sign in"


def _audit(settings: Settings) -> str:
    store = Store.open(settings.store_url())
    try:
        held, waiting = store.holds(), store.audits_waiting()
    finally:
        store.close()
    if held:
        told = "; ".join(f"{one.policy}: {alert_of(one).says}" for one in held)
        raise MailtriageError(f"{told}; see: mailtriage audit")
    return f"{settings.audit.share:.1%} of what passes alone is drawn; {waiting} wait to be judged"


def _notifications(settings: Settings) -> str:
    subscriptions = settings.subscriptions()
    known = subscriptions.known
    store = Store.open(settings.store_url())
    try:
        waiting, troubles = store.notifications_waiting(), store.notification_troubles(known)
    finally:
        store.close()
    policies = open_policies(settings)
    for name in sorted({name for one in subscriptions.each for name in one.policies}):
        find_policy(policies, name)
    forsaken = sorted(f"{channel} {target}" for channel, target in waiting.keys() - known)
    if forsaken:
        raise MailtriageError(
            f"some wait for {', '.join(forsaken)}, which the settings no longer name; name it again, or leave them."
        )
    given_up = sum(trouble.given_up for trouble in troubles)
    if given_up:
        raise MailtriageError(f"{given_up} were given up; see: mailtriage notifications list --failed")
    if not known:
        return "nobody is told of anything; set [smtp] or [[webhooks]] (docs/settings.md)"
    return f"{len(known)} targets, {sum(waiting.values())} wait to be sent"


def _token(keeper: TokenKeeper) -> str:
    renewed = keeper.renew(even_if_fresh=True)
    alerts = token_alerts(keeper)
    if alerts:
        raise MailtriageError("; ".join(sentence(alert, datetime.now(UTC)) for alert in alerts))
    return f"renewed, good until {datetime.fromtimestamp(renewed.expires_at, UTC):%Y-%m-%d %H:%M} UTC"


def _mailbox(table: MailboxTable, settings: Settings) -> str:
    find_policy(open_policies(settings), table.policy)
    with Mailbox(replace(table.session(), token=open_tokens(settings).get(table.name))) as mailbox:
        told = "new mail is told by IDLE" if mailbox.idles else f"polled every {settings.poll_seconds:g} seconds"
        return f"{table.username} at {table.host}, folder {table.folder}: signed in, {told}"
