"""An open database, as the parts of the store use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from tickets.attachment_folder import AttachmentFolder
from tickets.connections import bare_writing
from tickets.faults import Contended, StoreUnavailable, explanation, may_be_tried_again

T = TypeVar("T")

RACES = 8
"""How often a transaction that lost against another writer is tried again."""


class Connected:
    """An engine, the folder that attachments are kept in, and transactions that are tried again."""

    def __init__(self, engine: Engine, attachments: AttachmentFolder | None = None) -> None:
        self._engine = engine
        self._attachments = attachments

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._engine.url.render_as_string(hide_password=True)})"

    def _write(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns in a writing transaction, begun anew when another writer got in between."""
        for attempt in range(RACES):
            try:
                with bare_writing(self._engine) as connection:
                    return work(connection)
            except Contended:
                continue
            except SQLAlchemyError as error:
                if attempt == RACES - 1 or not may_be_tried_again(error):
                    raise explanation(error, self._engine.url) from error
        raise StoreUnavailable("Other programs kept changing the same mails: try again.")
