from __future__ import annotations

import pytest

from intake.message import Attachment
from webui.sanitise import LARGEST_PICTURE, harmless

LOGO = Attachment("logo.png", "image/png", 4, "00", True, "logo", b"\x89PNG")


def test_formatting_is_kept() -> None:
    assert harmless("<p>Hi <b>all</b></p><table><tr><td>1</td></tr></table>").startswith("<p>Hi <b>all</b></p><table>")


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src='https://evil.example'></iframe>",
        "<form action='https://evil.example'><input name=a></form>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<link rel=stylesheet href='https://evil.example/x.css'>",
        "<style>@import 'https://evil.example/x.css'</style>",
        "<p style=\"background:url('https://evil.example/x')\">x</p>",
        "<p style='position:fixed;inset:0'>x</p>",
        "<base href='https://evil.example'>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<img src='https://evil.example/pixel.gif'>",
        "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
        "<video src='https://evil.example/v'></video>",
        "<object data='https://evil.example'></object>",
    ],
)
def test_what_acts_or_reaches_out_is_gone(html: str) -> None:
    clean = harmless(html).lower()
    for bad in ("script", "onerror", "evil.example", "position", "<form", "<iframe", "svg"):
        assert bad not in clean


def test_pictures_that_came_with_the_mail_are_shown() -> None:
    assert 'src="data:image/png;base64,iVBORw=="' in harmless("<img src='cid:logo' alt='Logo'>", [LOGO])


def test_other_inline_parts_are_not_turned_into_pictures() -> None:
    page = Attachment("x.html", "text/html", 4, "00", True, "page", b"<b>x")
    large = Attachment("l.png", "image/png", 4, "00", True, "large", b"x" * (LARGEST_PICTURE + 1))
    assert "src" not in harmless("<img src='cid:page'><img src='cid:large'><img src='cid:absent'>", [page, large])
