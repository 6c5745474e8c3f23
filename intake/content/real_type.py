"""What a file is by its content, whatever its sender calls it."""

from __future__ import annotations

import mimetypes
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from magika import Magika

PDF_SEARCH_BYTES = 1024
"""ISO 32000-1, Annex H: readers accept the header within the first 1024 bytes."""
ARCHIVE_SEARCH_BYTES = 8192
TEXT_SAMPLE_BYTES = 2048
LONGEST_ENDING = 20

ZIP, OLE, PROGRAM = "application/zip", "application/x-ole-storage", "application/vnd.microsoft.portable-executable"
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"MZ", PROGRAM),
    (b"\x7fELF", "application/x-elf"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (b"#!", "text/x-shellscript"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"wOF2", "font/woff2"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"!BDN", "application/vnd.ms-outlook"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
)
"""First bytes of the common kinds."""
TEXT_SIGNATURES = (
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<svg", "image/svg+xml"),
    (b"<?xml", "text/xml"),
    (b"begin:vcalendar", "text/calendar"),
    (b"begin:vcard", "text/vcard"),
    (b"-----begin pgp message", "application/pgp-encrypted"),
    (b"-----begin pgp signature", "application/pgp-signature"),
)
"""First words, after white space and in lower case."""
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
OFFICE = "application/vnd.openxmlformats-officedocument."
ZIPPED = (
    (b"word/", f"{OFFICE}wordprocessingml.document"),
    (b"xl/", f"{OFFICE}spreadsheetml.sheet"),
    (b"ppt/", f"{OFFICE}presentationml.presentation"),
    (b"META-INF/MANIFEST.MF", "application/java-archive"),
)
"""Members that tell which format a ZIP archive is (ECMA-376, part 2)."""

PROGRAMS = {
    PROGRAM: "a Windows program",
    "application/x-elf": "a Linux program",
    "application/x-mach-binary": "a macOS program",
    "application/java-vm": "a Java program",
    "application/java-archive": "a Java program",
    "application/x-ms-shortcut": "a Windows shortcut",
    "text/x-shellscript": "a script",
}
PROGRAM_ENDINGS = frozenset({
    "bash", "bin", "cgi", "class", "com", "command", "cpl", "dll", "drv", "dylib", "elf", "exe", "jar", "lnk", "msi",
    "o", "ocx", "pl", "ps1", "py", "rb", "run", "scr", "sh", "so", "sys", "war",
})  # fmt: skip
"""File names that say themselves that they are programs."""

FAMILIES = {
    "application/pdf": "pdf",
    "application/msword": "office", "application/vnd.ms-excel": "office", "application/vnd.ms-powerpoint": "office",
    "application/rtf": "office", "text/rtf": "office", OLE: "office", "application/vnd.ms-outlook": "office",
    ZIP: "archive", "application/x-zip-compressed": "archive", "application/java-archive": "archive",
    "application/gzip": "archive", "application/x-gzip": "archive", "application/x-bzip2": "archive",
    "application/x-xz": "archive", "application/x-7z-compressed": "archive", "application/vnd.rar": "archive",
    "application/vnd.ms-cab-compressed": "archive",
}  # fmt: skip
"""Kinds that are told by their first bytes; within one, programs mix the names up."""
FAMILY_PREFIXES = {
    "image/": "media", "audio/": "media", "video/": "media", OFFICE: "office",
    "application/vnd.oasis.opendocument.": "office", "application/vnd.ms-word.": "office",
    "application/vnd.ms-excel.": "office", "application/vnd.ms-powerpoint.": "office",
}  # fmt: skip
PACKED = frozenset({"office", "archive"})
"""Office documents are archives, too."""
TEXTUAL = frozenset({"image/svg+xml"})


def real_type(content: bytes) -> str | None:
    """The media type that the first bytes of ``content`` show; None when they show none."""
    for magic, media_type in SIGNATURES:
        if content.startswith(magic):
            return _zipped(content) if media_type == ZIP else media_type
    if content.startswith(b"RIFF"):
        return RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        return "image/heic" if content[8:11] in (b"hei", b"mif", b"hev") else "video/mp4"
    head = content[:128].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for words, media_type in TEXT_SIGNATURES:
        if head.startswith(words):
            return media_type
    return "application/pdf" if b"%PDF-" in content[:PDF_SEARCH_BYTES] else None


def _zipped(content: bytes) -> str:
    head = content[:ARCHIVE_SEARCH_BYTES]
    if content[30:38] == b"mimetype":
        # ODF 1.3, part 2, 3.3: the first member, stored, is the media type.
        declared = content[38:120].partition(b"PK")[0]
        if declared.startswith(b"application/") and declared.isascii():
            return declared.decode("ascii")
    return next((media_type for member, media_type in ZIPPED if member in head), ZIP)


def contradiction(name: str, declared: str, content: bytes, *, ask: bool = True) -> tuple[str | None, str | None]:
    """The real type of a file, and a sentence when it is not what its name or its declared type says.

    With ``ask``, a model tells which kind of text stands in a file that is called something else: some 16 ms.
    """
    real = real_type(content)
    ending = name.rpartition(".")[2].lower()
    if real in PROGRAMS:
        honest = ending in PROGRAM_ENDINGS or declared == real
        return real, None if honest else f"The attachment {name!a} is {PROGRAMS[real]}; it is called {declared}."
    by_name = type_by_name(name)
    claimed = [each for each in (by_name, declared) if each and _family(each) and each not in TEXTUAL]
    if not claimed or not content:
        return real, None
    if real is None:
        if not _is_text(content):
            return None, None
        real = _text_type(content) if ask else "text/plain"
    found = _family(real)
    for each in claimed:
        family = _family(each)
        if family != found and not (family in PACKED and found in PACKED):
            return real, f"The attachment {name!a} is called {each}, but its content is {real}."
    return real, None


def type_by_name(name: str) -> str | None:
    """The media type that the ending of a file name stands for; None for an unknown one."""
    _, dot, ending = name.rpartition(".")
    return _by_ending(ending.lower()) if dot and len(ending) <= LONGEST_ENDING and ending.isalnum() else None


@lru_cache(maxsize=256)
def _by_ending(ending: str) -> str | None:
    return mimetypes.guess_type(f"x.{ending}", strict=False)[0]


@lru_cache(maxsize=256)
def _family(media_type: str) -> str | None:
    known = FAMILIES.get(media_type)
    if known:
        return known
    return next((family for prefix, family in FAMILY_PREFIXES.items() if media_type.startswith(prefix)), None)


def _is_text(content: bytes) -> bool:
    sample = content[:TEXT_SAMPLE_BYTES]
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 3:
            return False
        text = sample[: error.start].decode("utf-8")
    return all(character.isprintable() or character in "\t\r\n\f" for character in text)


def _text_type(content: bytes) -> str:
    return str(_model().identify_bytes(content).output.mime_type)


@cache
def _model() -> Magika:
    # Loading it takes half a second, and few mails need it.
    from magika import Magika

    return Magika()
