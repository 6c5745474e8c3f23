"""What the store raises, and how the database's own errors become sentences that say what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from errors import MailtriageError

UNIQUE_VIOLATION = "23505"
DEADLOCK_DETECTED = "40P01"
SERIALIZATION_FAILURE = "40001"
"""SQLSTATE codes (PostgreSQL manual, appendix A) after which the same transaction may simply be tried again."""

REFUSALS = ("22", "23", "54")
"""SQLSTATE classes of a value that cannot be written: data exception, integrity violation, program limit exceeded."""

SQLITE_ADVICE = (
    ("readonly", "it is read-only: give this user the right to write the file and its folder"),
    ("unable to open", "it cannot be opened: check that the folder exists and that this user may write there"),
    ("not a database", "it is not a SQLite database: check the path, or restore a backup"),
    ("malformed", "it is damaged: restore a backup"),
)
SQLITE_PASSING = (
    ("locked", "another program has held its lock for too long"),
    ("disk is full", "the disk is full"),
    ("disk i/o", "the disk reports an error"),
)
POSTGRESQL_ADVICE = (
    ("authentication failed", "it refuses the user name or password: correct them in the settings"),
    ("no password supplied", "it asks for a password and none is set"),
    ("no pg_hba.conf entry", "it does not let this user in from this machine: see its pg_hba.conf"),
    ("role", "the user is not known there: create it, or correct the settings"),
    ("database", "the database is not there: create it with createdb, or correct the settings"),
)


class StoreError(MailtriageError):
    """The database cannot be opened, written or migrated; says which and what to do."""


class StoreUnavailable(StoreError):
    """The database does not answer just now (an infrastructure fault): back off and try again."""


class ValueRefused(StoreError):
    """The database is well and refuses what is to be written: too long, or naming a row that is not there."""


class NoSuchMessage(StoreError):
    """There is no recorded mail of that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no mail {number}.")
        self.number = number


class SomebodyDecided(StoreError):
    """The mail is not in quarantine, or not set aside, any more."""

    def __init__(self, number: int, expected: str, found: str) -> None:
        held = {"quarantined": "in quarantine", "set_aside": "set aside"}
        found = held.get(found, f"a {found}")
        super().__init__(f"Mail {number} is not {held.get(expected, expected)} but {found}: somebody decided already.")
        self.number = number


class NoSuchTicket(StoreError):
    """There is no ticket of that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no ticket {number}.")
        self.number = number


class TicketChanged(StoreError):
    """Somebody else changed the ticket's labels in the meantime."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Somebody else has just changed ticket {number}: look at it again.")
        self.number = number


class ChangedSinceSeen(StoreError):
    """Something has happened to the ticket since a person looked at it: what they said may no longer be meant."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Somebody decided on ticket {number}, or mail came in, since you opened the page. Look again before you "
            "decide."
        )
        self.number = number


class QuotaSpent(StoreError):
    """A ticket was to use one of a customer's quota, and another ticket has used the last: decide it anew.

    ``left`` is what the customers have left, by customer and fact; None where a record does not say.
    """

    def __init__(self, left: Mapping[tuple[int, str], int | None]) -> None:
        super().__init__("Another ticket has just used the last that the customer had left: try again.")
        self.left = left


class FollowedUp(StoreError):
    """A closed ticket cannot be opened again while another one of its conversation is open."""

    def __init__(self, number: int, by: int) -> None:
        super().__init__(
            f"Ticket {number} stays closed while ticket {by} of the same conversation is open: go on there, or close "
            "that one first."
        )
        self.number = number
        self.by = by


class NoSuchCustomer(StoreError):
    """There is no customer of that number or name."""


class NameTaken(StoreError):
    """A policy has two customers of different names only."""


class CustomerChanged(StoreError):
    """Somebody else changed the customer in the meantime."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Somebody else has just changed {name}: look at it again.")


class ImportChanged(StoreError):
    """What saving a list of customers would change is something else by now than what was looked at."""

    def __init__(self) -> None:
        super().__init__("Somebody else has just changed one of these customers: look at the changes again.")


class Contended(Exception):
    """Another writer came between reading and writing: the transaction is to be tried again. Never leaves the store."""


def place_of(url: URL) -> str:
    """The database in words, without its password: the file, or user, host and name."""
    if url.get_backend_name() == "sqlite":
        return f"the SQLite file {url.database}"
    host = url.host or url.query.get("host") or "this machine"
    port = f":{url.port}" if url.port else ""
    return f"the PostgreSQL database {url.database!r} at {host}{port} (user {url.username!r})"


def may_be_tried_again(error: SQLAlchemyError) -> bool:
    """Whether the transaction lost a race against another writer, rather than being wrong in itself."""
    return sqlstate_of(error) in (UNIQUE_VIOLATION, DEADLOCK_DETECTED, SERIALIZATION_FAILURE)


def refuses_a_value(error: SQLAlchemyError) -> bool:
    """Whether the statement failed by what it writes, so that it fails again and other rows do not."""
    sqlstate = sqlstate_of(error)
    if sqlstate is not None:
        return sqlstate[:2] in REFUSALS and not may_be_tried_again(error)
    if isinstance(error, DBAPIError):
        return isinstance(error, (DataError, IntegrityError)) or "error binding" in str(error.orig).lower()
    return isinstance(error, StatementError)  # a value could not be turned into what the column holds


def sqlstate_of(error: SQLAlchemyError) -> str | None:
    """PostgreSQL's five-character code; None from SQLite and where no connection came about."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turns the database's errors into :class:`StoreError` or :class:`StoreUnavailable`; never shows a password."""
    try:
        yield
    except SQLAlchemyError as error:
        raise explanation(error, url) from error


def explanation(error: SQLAlchemyError, url: URL) -> StoreError:
    """The error that a user can act upon."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    words = said[0].rstrip(".") if said else type(error).__name__
    place = place_of(url)
    lower = " ".join(said).lower()
    if isinstance(error, PoolTimeout):
        return StoreUnavailable(f"All connections to {place} are in use: try again.")
    if refuses_a_value(error):
        return ValueRefused(f"{place[0].upper()}{place[1:]} refuses a value: {words}.")
    if url.get_backend_name() == "sqlite":
        for sign, advice in SQLITE_ADVICE:
            if sign in lower:
                return StoreError(f"Cannot use {place}: {advice}.")
        for sign, cause in SQLITE_PASSING:
            if sign in lower:
                return StoreUnavailable(f"Cannot use {place} just now: {cause}.")
        return StoreError(f"Cannot use {place}: {words}.")
    return _postgresql_explanation(error, place, words, lower)


def _postgresql_explanation(error: SQLAlchemyError, place: str, words: str, lower: str) -> StoreError:
    sqlstate = sqlstate_of(error)
    refused_at_the_door = sqlstate is None
    if refused_at_the_door and ("fatal" in lower or "fe_sendauth" in lower):
        for sign, advice in POSTGRESQL_ADVICE:
            if sign in lower and (sign not in ("role", "database") or "does not exist" in lower):
                return StoreError(f"Cannot use {place}: {advice}.")
    if isinstance(error, DBAPIError) and (refused_at_the_door or error.connection_invalidated):
        return StoreUnavailable(f"{place[0].upper()}{place[1:]} does not answer: {words}.")
    if (sqlstate or "")[:2] in (
        "08",
        "53",
        "57",
    ):  # connection exception, insufficient resources, operator intervention
        return StoreUnavailable(f"{place[0].upper()}{place[1:]} cannot serve just now: {words}.")
    return StoreError(f"Cannot use {place}: {words}.")
