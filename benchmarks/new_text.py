"""How much of a mail's new text is found, on other projects' test mail, each miss named, plain rules beside it.

    python -m benchmarks.new_text [FOLDER]

FOLDER holds reply-trimmer, talon, signatures and forwarded (and ham, for the time it takes); without, the folder of
shared mail beside the checkout.
"""

from __future__ import annotations

import argparse
import gc
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from intake import language
from intake.content import html
from intake.message import Message, parse
from intake.new_text.reply import Split, split

SHARED = Path(__file__).parents[1].parent / "shared" / "mail"
LOSS = 0.05
"""A case that loses more of the words expected than this is a loss."""
DUTCH = (
    "Op ma 2 feb. 2026 om 10:00 schreef Bo <bo@example.com>:",
    "Op 2 feb. 2026 om 10:00 heeft Bo <bo@example.com> het volgende geschreven:",
    "Op 02-02-26 om 10:00 schreef Bo Jansen:",
    "Bo Jansen schreef op 02-02-2026 10:00:",
)
ORIGINAL = ("John Doe", "john.doe@acme.com", "Integer consequat non purus")
"""Sender and subject of every forwarded mail in the set."""
ANSWERS = "variant_4"
"""What the set calls its answers, which forward nothing."""
TYPICAL = range(1000, 5001)
"""Characters of a typical text."""

Rule = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Case:
    """A text and the new text that its project expects."""

    name: str
    text: str
    expected: str


def unmarked_lines(text: str) -> str:
    """The plain rule: every line but those after ``>`` and the line above them that ends with a colon."""
    lines = text.split("\n")
    kept = [
        line
        for line, below in zip(lines, [*lines[1:], ""], strict=True)
        if not line.startswith(">") and not (line.rstrip().endswith(":") and below.startswith(">"))
    ]
    return "\n".join(kept)


def library() -> Rule | None:
    """mail-parser-reply, with all the languages it knows; None where it is not installed."""
    try:
        from mailparser_reply import EmailReplyParser
    except ImportError:
        return None
    languages = ["en", "de", "fr", "it", "ja", "pl", "sv", "nl", "es", "pt", "cs", "da"]
    supported = EmailReplyParser(languages=languages)
    return lambda text: supported.parse_reply(text) or ""


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def lost(found: str, expected: str) -> float:
    """The share of the expected words that were not found."""
    wanted, there = Counter(expected.split()), Counter(found.split())
    return (wanted - there).total() / max(1, wanted.total())


def trimmer(folder: Path, rules: dict[str, Rule]) -> None:
    cases = [
        Case(path.name, path.read_text("utf-8"), (folder / "trimmed" / path.name).read_text("utf-8"))
        for path in sorted((folder / "emails").glob("*.txt"))
    ]
    print(f"\nReplies of a forum's trimmer: {len(cases)} texts\n")
    for name, rule in rules.items():
        found = {case.name: rule(case.text) for case in cases}
        wrong = [case for case in cases if folded(found[case.name]) != folded(case.expected)]
        losing = [case.name for case in cases if lost(found[case.name], case.expected) > LOSS]
        print(f"{name:24} exact {len(cases) - len(wrong)} of {len(cases)}, {len(losing)} lose more than {LOSS:.0%}")
        if name == "mailtriage":
            for case in wrong:
                share = lost(found[case.name], case.expected)
                print(f"    {case.name}: loses {share:.0%}, {len(found[case.name].split())} words for "
                      f"{len(case.expected.split())}")  # fmt: skip


def clients(folder: Path) -> None:
    """Replies of mail clients, as text and as HTML, through the whole of :func:`intake.message.parse`."""
    paths = sorted((folder / "standard_replies").glob("*.eml"))
    wrong = []
    for path in paths:
        beside = path.with_name(f"{path.stem}_reply_text")
        expected = beside.read_text("utf-8") if beside.exists() else "Hello"
        message = parse(path.read_bytes())
        if folded(f"{message.new_text}\n{message.signature}") != folded(expected):
            wrong.append(path.name)
    print(f"\n{'Replies of clients':24} {len(paths) - len(wrong)} of {len(paths)} {wrong or ''}")
    paths = sorted((folder / "html_replies").glob("*.html"))
    wrong = []
    for path in paths:
        message = parse(b"Subject: Re: Test\nContent-Type: text/html; charset=utf-8\n\n" + path.read_bytes())
        if folded(message.new_text) != "Hi. I am fine. Thanks, Alex":
            wrong.append(path.name)
    print(f"{'the same in HTML':24} {len(paths) - len(wrong)} of {len(paths)} {wrong or ''}")


def dutch(rules: dict[str, Rule]) -> None:
    for name, rule in rules.items():
        right = sum(
            folded(rule(f"Het werkt weer.\n\n{form}\n\n> Oude tekst\n> meer")) == "Het werkt weer." for form in DUTCH
        )
        print(f"{'Op ... schreef, ' + name:40} {right} of {len(DUTCH)}")


def below_delimiter(lines: Sequence[str]) -> set[int]:
    """The plain rule of RFC 3676: from the last ``-- `` on."""
    at = [number for number, line in enumerate(lines) if line.rstrip() == "--"]
    return set(range(at[-1], len(lines))) if at else set()


def last_paragraph(lines: Sequence[str]) -> set[int]:
    """Another plain rule: the last paragraph, if it has at most four lines and is not the first."""
    written = [number for number, line in enumerate(lines) if line.strip()]
    if not written:
        return set()
    begin = written[-1]
    while begin and lines[begin - 1].strip():
        begin -= 1
    return set(range(begin, written[-1] + 1)) if begin > written[0] and written[-1] - begin < 4 else set()


def signatures(folder: Path) -> None:
    """Lines that are a signature or not, over signed and unsigned bodies; blank lines are not counted."""
    paths = sorted([*(folder / "P").glob("*_body"), *(folder / "N").glob("*_body")])
    counts: dict[str, Counter[str]] = {}
    missed: list[str] = []
    for path in paths:
        raw = path.read_text("utf-8", "replace").split("\n")
        lines = [re.sub(r"^#(?:sig|reply)#", "", line) for line in raw]
        truth = {number for number, line in enumerate(raw) if line.startswith("#sig#")}
        sender = path.with_name(path.name.replace("_body", "_sender")).read_text("utf-8", "replace")
        judged = {
            "mailtriage": spanned(lines, sender),
            "no sender known": spanned(lines, ""),
            "RFC 3676 delimiter": below_delimiter(lines),
            "last paragraph": last_paragraph(lines),
            "nothing": set[int](),
        }
        written = {number for number, line in enumerate(lines) if line.strip()}
        for name, found in judged.items():
            count = counts.setdefault(name, Counter())
            count["lines"] += len(written)
            count["right"] += len(written - (found ^ truth))
            count["found"] += len(found & truth)
            count["wrongly"] += len((found - truth) & written)
            count["signature"] += len(truth & written)
        if (judged["mailtriage"] ^ truth) & written:
            missed.append(f"{path.parent.name}/{path.name}")
    print(f"\nSignatures: {len(paths)} bodies (talon's classifier does not load on today's scikit-learn)\n")
    for name, count in counts.items():
        print(
            f"{name:24} {count['right'] / count['lines']:.4f} of {count['lines']} lines right; of"
            f" {count['signature']} signature lines {count['found']} found, {count['wrongly']} others taken for one"
        )
    print(f"    not all lines right: {', '.join(missed)}")


def spanned(lines: Sequence[str], sender: str) -> set[int]:
    """The lines that lie in a signature's span."""
    found, at = set(), 0
    spans = [span for span in split("\n".join(lines), sender=sender).spans if span.kind == "signature"]
    for number, line in enumerate(lines):
        if any(span.start <= at < span.end for span in spans):
            found.add(number)
        at += len(line) + 1
    return found


def forwards(folder: Path) -> None:
    """Sender, subject and date of the original; a body whose client names no subject of its own has it beside it."""
    counts: Counter[str] = Counter()
    missed: dict[str, list[str]] = {"sender": [], "subject": [], "date": []}
    paths = sorted(path for path in folder.glob("*_body*.txt") if ANSWERS not in path.name)
    answers = sorted(folder.glob(f"*_body_{ANSWERS}*.txt"))
    for path in paths:
        found = split(path.read_text("utf-8"), subject_of(path)).forwarded
        name, address, subject = ORIGINAL
        right = {
            "sender": found is not None
            and found.sender is not None
            and (found.sender.address == address or (not found.sender.address and found.sender.name == name)),
            "subject": found is not None and found.subject is not None and folded(found.subject) == subject,
            "date": found is not None and found.date is not None and bool(re.search(r"\d", found.date)),
        }
        for part, found_it in right.items():
            counts[part] += found_it
            if not found_it:
                missed[part].append(path.name)
    print(f"\nForwards: {len(paths)} bodies\n")
    for part, names in missed.items():
        print(f"{part:24} {counts[part]} of {len(paths)}{': not ' + ', '.join(names) if names else ''}")

    taken = [path.name for path in answers if split(path.read_text("utf-8"), subject_of(path)).forwarded]
    print(f"{'answers, no forwards':24} {len(answers) - len(taken)} of {len(answers)} {taken or ''}")


def subject_of(body: Path) -> str:
    """The subject beside a body: of the same name, without its variant, or of its client; empty when there is none."""
    exact = body.name.replace("_body", "_subject")
    for name in (
        exact,
        re.sub(r"_variant_\w+(?=\.txt)", "", exact),
        re.sub(r"_[a-z]{2}(?:_[a-z]{2})?_subject.*", "_subject.txt", exact),
    ):
        if body.with_name(name).exists():
            return body.with_name(name).read_text("utf-8").strip()
    client = re.sub(r"_[a-z]{2}(?:_[a-z]{2})?_body.*|_body.*", "", body.name)
    others = sorted(body.parent.glob(f"{client}_en_subject*.txt"))
    return others[0].read_text("utf-8").strip() if others else ""


def times(folder: Path) -> None:
    """CPU microseconds a mail, the best of five rounds."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())[:500]
    messages = [parse(path.read_bytes()) for path in paths]
    typical = [message for message in messages if len(message.text) in TYPICAL]
    pages = [message.html for message in messages if message.html]
    works: dict[str, tuple[Callable[[], object], int]] = {
        "splitting": (lambda: [split_as_mail(message) for message in typical], len(typical)),
        "language": (lambda: [language.detect(m.new_text or m.text) for m in typical], len(typical)),
        "HTML to text": (lambda: [html.to_text(page) for page in pages], len(pages)),
    }
    sizes = f"{TYPICAL.start:,} to {TYPICAL.stop - 1:,} characters"
    print(f"\nTime, on {len(typical)} texts of {sizes} and {len(pages)} HTML pages\n")
    gc.collect()
    gc.freeze()
    for name, (work, number) in works.items():
        print(f"{name:24} {1e6 * best(work) / max(1, number):.0f} us of CPU each")


def split_as_mail(message: Message) -> Split:
    sender = f"{message.sender.name} {message.sender.address}" if message.sender else ""
    return split(message.text, message.subject, is_reply=bool(message.references), sender=sender)


def best(work: Callable[[], object], rounds: int = 5) -> float:
    def once() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return min(once() for _ in range(rounds))


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    folder: Path = parser.parse_args(arguments if arguments is None else list(arguments)).folder
    if not folder.is_dir():
        parser.error(f"{folder} is no folder. Name the one that holds reply-trimmer, talon, signatures and forwarded.")
    rules: dict[str, Rule] = {"mailtriage": lambda text: split(text).new_text, "lines without >": unmarked_lines}
    known = library()
    if known is not None:
        rules["mail-parser-reply"] = known
    trimmer(folder / "reply-trimmer", rules)
    clients(folder / "talon")
    dutch(rules)
    signatures(folder / "signatures")
    forwards(folder / "forwarded")
    times(folder / "ham")


if __name__ == "__main__":
    main()
