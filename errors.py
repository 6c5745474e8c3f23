"""The one base class of every failure that mailtriage reports to a person."""

from __future__ import annotations


class MailtriageError(Exception):
    """A failure whose text tells the user, in one sentence or two, what to do next.

    The command line prints it on one line and leaves with exit code 2; the page shows it with a 4xx status.
    Expected outcomes (a duplicate, an auto-reply) are return values and never raise.
    """
