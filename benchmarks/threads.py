"""The conversations of real mailing lists, rebuilt from headers, beside those that Dovecot makes of the same mailbox.

Run ``python -m benchmarks.threads``. Dovecot's ``THREAD=REFS`` goes by headers alone, as mailtriage does; its
``THREAD=REFERENCES`` (RFC 5256) then merges threads whose subjects are alike. After it come the four small mailboxes
of Dovecot's own tests with the tree expected of each.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.corpus import HAM
from intake.conversation import conversations
from intake.files import RawMail, read
from intake.message import Message, parse
from tests.servers import dovecot

CASES = HAM.parent / "threads"
EXPECTED = re.compile(r"^\* thread (.+)$", re.IGNORECASE)
DELETED = re.compile(r"^ok store (\d+) \+flags \\deleted$", re.IGNORECASE)
BASE_SUBJECT = re.compile(r"^\s*(?:(?:\[[^\]]*\]|(?:re|fwd?|aw)(?:\[[^\]]*\])?\s*:)\s*)+|\s*\(fwd\)\s*$", re.IGNORECASE)
"""What RFC 5256, 2.1 takes off a subject, as far as it matters here."""
FETCHED = 200
Tree = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Forest:
    """Threads as who answers whom: each mail's parent (None: nobody known), and the groups that belong together."""

    parents: Mapping[int, int | None]
    groups: frozenset[frozenset[int]]

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> Forest:
        parents = {mail: parent for tree in trees for mail, parent in _links(tree, None)}
        return cls(parents, frozenset(frozenset(mail for mail, _ in _links(tree, None)) for tree in trees))


def main() -> None:
    if not HAM.is_dir():
        sys.exit(f"This benchmark reads {HAM}, which is not there.")
    with dovecot.running() as server:
        mails, by_headers, with_subjects = _of_dovecot(server)
    messages = [parse(raw) for raw in mails]
    ours = Forest.of([each.tree for each in conversations(messages, [f"#{n}" for n in range(1, len(messages) + 1)])])
    print(f"{len(messages)} mails in {len(ours.groups)} conversations")
    _report("THREAD=REFS", ours, Forest.of(by_headers), messages)
    _report("THREAD=REFERENCES", ours, Forest.of(with_subjects), messages)
    for path in sorted(CASES.glob("*.mbox")):
        for at, (mails_of_case, expected) in enumerate(_cases(path), 1):
            given = [parse(mail.raw) for mail in mails_of_case]
            delivered_at = [mail.delivered_at for mail in mails_of_case]
            found = "".join(_written(each.tree) for each in conversations(given, delivered_at=delivered_at))
            verdict = (
                "same" if found == expected else _judged(Forest.of(_read(found)), Forest.of(_read(expected)), given)
            )
            print(f"{path.name}, case {at}: expected {expected}, found {found}: {verdict}")


def _of_dovecot(server: dovecot.Dovecot) -> tuple[list[bytes], list[Tree], list[Tree]]:
    """The mails by their number in the mailbox, and the threads that Dovecot makes of them."""
    server.seed("team", [path.read_bytes() for path in sorted(HAM.iterdir()) if path.is_file()])
    with server.session("team") as client:
        client.use_uid = False
        count = client.select_folder("INBOX", readonly=True)[b"EXISTS"]
        mails = []
        for start in range(1, count + 1, FETCHED):
            part = client.fetch(range(start, min(start + FETCHED, count + 1)), ["BODY.PEEK[]"])
            mails += [part[number][b"BODY[]"] for number in sorted(part)]
        return mails, client.thread("REFS", "ALL", "UTF-8"), client.thread("REFERENCES", "ALL", "UTF-8")


def _links(tree: Tree, parent: int | None) -> Iterator[tuple[int, int | None]]:
    """Each mail of a THREAD response (RFC 5256, 5) with the one it answers."""
    for each in tree:
        if isinstance(each, int):
            yield each, parent
            parent = each
        else:
            yield from _links(each, parent)


def _report(name: str, ours: Forest, theirs: Forest, messages: Sequence[Message]) -> None:
    other = [mail for mail, parent in ours.parents.items() if theirs.parents[mail] != parent]
    torn = [group for group in ours.groups if not any(group <= their for their in theirs.groups)]
    kinds = Counter(_judged_link(mail, ours, theirs, messages) for mail in other)
    print(
        f"{name}: {len(theirs.groups)} threads, {len(ours.groups & theirs.groups)} of them the same mails as ours; "
        f"{len(ours.parents) - len(other)} mails answer the same mail, {len(other)} another; "
        f"{len(torn)} of our conversations lie in several threads"
    )
    for kind, count in kinds.most_common():
        print(f"  {count} {kind}")


def _judged_link(mail: int, ours: Forest, theirs: Forest, messages: Sequence[Message]) -> str:
    """Why Dovecot says that a mail answers another one than we say."""
    parent = theirs.parents[mail]
    if ours.parents[mail] is not None:
        return "whose References say otherwise"
    if parent is None:
        return "that begin a thread there and answer a mail here"
    group = next(group for group in theirs.groups if mail in group)
    alike = any(_base(messages[each - 1]) == _base(messages[mail - 1]) for each in group - {mail})
    return "merged by subject alone" if alike else "merged though no subject is alike"


def _judged(ours: Forest, theirs: Forest, given: Sequence[Message]) -> str:
    by_subject = all(
        _judged_link(mail, ours, theirs, given) == "merged by subject alone"
        for mail, parent in ours.parents.items()
        if theirs.parents[mail] != parent
    )
    return "differs by subject alone" if by_subject else "DIFFERS"


def _base(message: Message) -> str:
    return BASE_SUBJECT.sub("", message.subject).strip().lower()


def _cases(path: Path) -> Iterator[tuple[list[RawMail], str]]:
    """The mails and the THREAD response expected, for each one in a file of Dovecot's tests."""
    mails = list(read([path]))
    for line in path.with_suffix("").read_text("utf-8").splitlines():
        deleted, expected = DELETED.match(line), EXPECTED.match(line)
        if deleted:
            del mails[int(deleted[1]) - 1]
        elif expected:
            yield mails, expected[1]


def _written(tree: Tree) -> str:
    return (
        "(" + " ".join(map(str, tree)).replace("[", "(").replace("]", ")").replace(", ", " ").replace(") (", ")(") + ")"
    )


def _read(response: str) -> list[Tree]:
    """A THREAD response as nested lists."""
    stack: list[list[Any]] = [[]]
    for token in re.findall(r"[()]|\d+", response):
        if token == "(":
            stack.append([])
        elif token == ")":
            closed = stack.pop()
            stack[-1].append(closed)
        else:
            stack[-1].append(int(token))
    return stack[0]


if __name__ == "__main__":
    main()
