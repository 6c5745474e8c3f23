"""A mail's HTML made harmless: for the sandboxed frame, never for a page of ours."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

import nh3

from intake.message import Attachment

TAGS = nh3.ALLOWED_TAGS | {"font", "ins", "tfoot", "u"}
DROPPED_WITH_CONTENT = {"script", "style", "title", "noscript", "template"}
ATTRIBUTES = {
    "*": {"align", "dir", "lang", "style", "title", "valign"},
    "a": {"name"},
    "col": {"span"},
    "font": {"color", "face", "size"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
# fmt: off
STYLES = {
    "background-color", "border", "border-collapse", "color", "direction", "font-family", "font-size", "font-style",
    "font-weight", "line-height", "list-style-type", "margin", "max-width", "padding", "text-align", "text-decoration",
    "text-indent", "vertical-align", "white-space", "width",
}
# fmt: on
PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})
LARGEST_PICTURE = 1_000_000
"""Bytes of one inline picture that is put into the frame; a larger one is among the attachments."""


def harmless(html: str, attachments: Iterable[Attachment] = ()) -> str:
    """The fragment without scripts, styles sheets, forms, links or remote content.

    Pictures that came with the mail (``cid:``, RFC 2392) are kept as ``data:`` URLs; every other address is dropped.
    """
    pictures = {
        f"cid:{part.content_id}": f"data:{part.content_type};base64,{b64encode(part.content).decode()}"
        for part in attachments
        if part.content_id and part.content_type in PICTURES and len(part.content) <= LARGEST_PICTURE
    }

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute != "src":
            return value
        if any(value.startswith(f"data:{kind};base64,") for kind in PICTURES):
            return value
        return pictures.get(value)

    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"cid", "data"},
        filter_style_properties=STYLES,
        link_rel=None,
    )
