"""Subject, sender, text and attachments of ``../shared/mail/stalwart``, against what its parser expects.

Run ``python -m benchmarks.decoding``: the counts, and each miss with its reason as far as the two sides show it. In an
expectation, U+FFFD stands for a byte that its parser gave up on: the second figure takes it for any character.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intake.content import html
from intake.decoding.charset import decode
from intake.decoding.transfer import from_base64
from intake.message import Message, parse

FOLDER = Path(__file__).parents[2] / "shared" / "mail" / "stalwart"
LEAST_F1 = 0.95
SHOWN = 60
DELIMITER_LINE = re.compile(r"^--\S+$", re.MULTILINE)
UU_BEGIN = re.compile(rb"^\s*begin [0-7]{3} ")


@dataclass(frozen=True, slots=True)
class Case:
    """One mail and what is expected of it: header values, texts, attachments (kind and content)."""

    name: str
    raw: bytes
    message: Message
    subject: str | None
    sender: tuple[str, str] | None
    text: str
    attachments: tuple[tuple[str, Any], ...]
    unclosed: bool


def cases(folder: Path) -> Iterator[Case]:
    """The mails of ``folder`` that have an expectation beside them."""
    for path in sorted(folder.glob("*/[0-9][0-9][0-9].json")):
        expected = json.loads(path.read_text("utf-8"))
        parts = expected["parts"]
        fields = {str(field["name"]): field["value"] for field in parts[0]["headers"]}
        listed = fields["from"]["Address"].get("List") if isinstance(fields.get("from"), dict) else None
        raw = path.with_suffix(".eml").read_bytes()
        texts = [_content(parts[number], raw) for number in expected["text_body"]]
        yield Case(
            f"{path.parent.name}/{path.stem}",
            raw,
            parse(raw),
            fields["subject"]["Text"] if isinstance(fields.get("subject"), dict) else None,
            (listed[0]["name"] or "", listed[0]["address"] or "") if listed else None,
            "\n".join(_readable(kind, content) for kind, content in texts if kind in ("Text", "Html")),
            tuple(_content(parts[number], raw) for number in expected["attachments"]),
            b"boundary" in raw and not re.search(rb"^--.+--\s*\Z", raw, re.MULTILINE),
        )


def _content(part: dict[str, Any], raw: bytes) -> tuple[str, Any]:
    body = part["body"]
    kind = next(iter(body)) if isinstance(body, dict) else str(body)
    if kind == "Message":
        inner = raw[part["offset_body"] : part["offset_end"]]
        encodings = [field["value"] for field in part["headers"] if field["name"] == "content_transfer_encoding"]
        return kind, from_base64(inner) if {"Text": "base64"} in encodings else inner
    content = body[kind] if isinstance(body, dict) else ""
    return kind, bytes(content) if isinstance(content, list) and kind.endswith("Binary") else content


def _readable(kind: str, content: str) -> str:
    return html.to_text(content)[0] if kind == "Html" else content


def f1(found: str, expected: str) -> float:
    """The word-F1 of two texts."""
    ours, theirs = Counter(found.split()), Counter(expected.split())
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


def wildcard(found: str, expected: str) -> bool:
    """Whether the texts agree but for white space, U+FFFD of ``expected`` standing for any character."""
    pattern = re.escape(" ".join(expected.split())).replace("\ufffd", ".")
    return re.fullmatch(pattern, " ".join(found.split()), re.DOTALL) is not None


def same_bytes(content: bytes, kind: str, expected: Any) -> bool:
    """Whether an attachment is the one expected: bytes but for the kind of line end, text but for white space."""
    if kind in ("Text", "Html"):
        return wildcard("".join(decode(content)[0].split()), "".join(str(expected).split()))
    return _lines(content) == _lines(bytes(expected))


def _lines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").strip(b"\n")


def why_text(case: Case) -> str:
    if "\ufffd" in case.text and wildcard(case.message.text, case.text):
        return "the expectation leaves bytes undecoded (U+FFFD) that are read here"
    if DELIMITER_LINE.search(case.text):
        return "the expectation holds delimiter lines and headers of parts as text"
    if "\ufffd" in case.text:
        return "the expectation decodes, to U+FFFD, what is no base64"
    if case.unclosed:
        return (
            "the multipart is not closed: expected is the last part attached (or the lines of an enclosing one as text)"
        )
    return "unexplained"


def why_attachment(case: Case, kind: str, expected: Any) -> str:
    data = expected.encode() if isinstance(expected, str) else bytes(expected)
    if UU_BEGIN.match(data):
        return "the expectation leaves uuencode as it stands; it is undone here"
    if kind == "Message":
        return "a mail in the mail, to which the expectation counts the parts that follow it"
    if not data.strip():
        return "an empty text part, which is no attachment here"
    if case.unclosed:
        return "the multipart is not closed: the expectation attaches its last part, here it is text"
    if b"base64" in case.raw:
        return "labelled base64 but none: the expectation leaves it as it stands"
    return "unexplained"


def main() -> None:
    if not FOLDER.is_dir():
        print(f"Nothing was measured: {FOLDER} is not on this machine.")
        return
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    misses: list[str] = []

    def count(kind: str, case: Case, hit: bool, lenient: bool, reason: str) -> None:
        total[kind] += 1
        right[kind] += hit
        right[f"{kind}, U+FFFD as any"] += hit or lenient
        if not hit:
            misses.append(f"  {kind:10} {case.name:14} {reason}")

    for case in cases(FOLDER):
        if case.subject is not None:
            ours, theirs = " ".join(case.message.subject.split()), " ".join(case.subject.split())
            undecoded = "the expectation leaves bytes undecoded (U+FFFD) that are read here"
            reason = undecoded if wildcard(ours, theirs) else f"{ours[:SHOWN]!r} is not {theirs[:SHOWN]!r}"
            count("subject", case, ours == theirs, wildcard(ours, theirs), reason)
        if case.sender is not None:
            sender = case.message.sender
            got = (sender.name, sender.address) if sender else ("", "")
            count("from", case, got == case.sender, False, f"{got} is not {case.sender}")
        if case.text.strip():
            hit = f1(case.message.text, case.text) >= LEAST_F1
            count("text", case, hit, wildcard(case.message.text, case.text), "" if hit else why_text(case))
        for kind, expected in case.attachments:
            hit = any(same_bytes(each.content, kind, expected) for each in case.message.attachments)
            count("attachment", case, hit, False, "" if hit else why_attachment(case, kind, expected))
    for kind in total:
        print(f"{kind:10} {right[kind]} of {total[kind]}; U+FFFD as any character: {right[f'{kind}, U+FFFD as any']}")
    print(f"{len(misses)} misses:", *misses, sep="\n")


if __name__ == "__main__":
    main()
