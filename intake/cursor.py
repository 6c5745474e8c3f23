"""How far a mailbox has been read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last UID recorded of one folder, valid only under its UIDVALIDITY (RFC 9051, 2.3.1.1).

    ``mailbox`` is the name given in the settings; ``uid`` 0 means that nothing has been read yet.
    """

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where one raw mail was fetched from: a UID of a folder under a UIDVALIDITY."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int
