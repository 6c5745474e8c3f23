"""PGP inside a text (RFC 9580, 6 and 7): armour lines taken away, encrypted text said to be so."""

from __future__ import annotations

SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
SIGNATURE_END = "-----END PGP SIGNATURE-----"
MESSAGE = "-----BEGIN PGP MESSAGE-----"

ENCRYPTED = "The text is encrypted (inline PGP, RFC 9580); it cannot be read."


def read_through(text: str) -> tuple[str, str | None]:
    """``text`` without the armour of clear-signed parts; and a sentence when some of it is encrypted."""
    if "-----BEGIN PGP " not in text:
        return text, None
    lines = text.split("\n")
    fault = ENCRYPTED if any(line.rstrip() == MESSAGE for line in lines) else None
    if not any(line.rstrip() == SIGNED for line in lines):
        return text, fault
    return "\n".join(_unarmoured(lines)), fault


def _unarmoured(lines: list[str]) -> list[str]:
    kept: list[str] = []
    state = "outside"
    for line in lines:
        match (state, line.rstrip()):
            case ("outside", mark) if mark == SIGNED:
                state = "armour header"
            case ("armour header", blank):
                # RFC 9580, 7.1: Hash headers, then one empty line.
                state = "armour header" if blank else "signed"
            case ("signed", mark) if mark == SIGNATURE:
                state = "signature"
            case ("signature", mark):
                state = "outside" if mark == SIGNATURE_END else "signature"
            case ("signed", _):
                # RFC 9580, 7.2: lines that begin with a dash are dash-escaped.
                kept.append(line.removeprefix("- "))
            case _:
                kept.append(line)
    return kept
