"""What is said when an encoder cannot be used."""

from __future__ import annotations

from errors import MailtriageError


class EncoderError(MailtriageError):
    """The sentence encoder cannot be used: its files are missing or not the ones this version was made with."""
