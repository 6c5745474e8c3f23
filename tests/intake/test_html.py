"""HTML to the lines in which it is read, quoted mail and signatures marked as in plain text."""

from __future__ import annotations

import pytest

from intake.content.html import MAX_HTML_CHARACTERS, to_text
from intake.message import parse

RULE = "_" * 32


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<p>a <b>bold</b>\n  word<i>!</i></p>", "a bold word!"),
        ("<p class=MsoNormal>one</p><p class=MsoNormal>two</p>", "one\ntwo"),
        ("<p class=MsoNormal>one</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>two</p>", "one\n\ntwo"),
        ("<ul><li>a</li><li>b</li></ul>c", "* a\n* b\nc"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<pre>x = 1\n  y = 2</pre>", "x = 1\n  y = 2"),
        ("<table><tr><td>Date</td><td>Users</td></tr><tr><td><p>2 Feb</p></td><td>31</td></tr></table>",
         "Date  Users\n2 Feb  31"),
        ("<table><tr><td>left<br>more</td><td>right</td></tr></table>", "left\nmore\nright"),
        ("a<table><tr><td><table><tr><td>b</td><td>c</td></tr></table></td></tr></table>d", "a\nb  c\nd"),
        ("<div style='display:none'>preview</div><p>seen</p>", "seen"),
        ("<head><title>t</title><style>p{}</style></head><script>x</script><p>seen</p>", "seen"),
        ("<p>see <a href='https://a.example/x'>this page</a></p>", "see this page"),
        ("<blockquote type=cite>a<blockquote type=cite>b</blockquote></blockquote>c", "> a\n\n>> b\n\nc"),
        ("<blockquote>set apart</blockquote>", "set apart"),
        ("<td>no table</td>", "no table"),
        ("</div></p>late<br", "late"),
        ("", ""),
        ("   ", ""),
    ],
)  # fmt: skip
def test_html_is_read_as_it_is_shown(html: str, text: str) -> None:
    assert to_text(html) == (text, None)


@pytest.mark.parametrize(
    "html",
    ["<div>" * 5_000 + "deep", "<table><tr><td>" * 2_000 + "deep", "<blockquote type=cite>" * 2_000 + "deep",
     "<ul><li>" * 3_000 + "deep", "<div class=gmail_signature></div>" * 20_000 + "deep", "<tr><td>" * 5_000 + "deep"],
    ids=lambda html: html[:25],
)  # fmt: skip
def test_deep_and_broken_html_is_read(html: str) -> None:
    text, _ = to_text(html)
    assert len(text) < len(html)


def test_of_html_beyond_measure_the_rest_is_said_to_be_unread() -> None:
    assert "longer" in (to_text("<p>x</p>" + " " * MAX_HTML_CHARACTERS)[1] or "")
    assert "elements" in (to_text("<p>" * 250_000)[1] or "")


NEW = "<div>It fails.</div>"
OLD = "Old text: with a colon"
HEADER = (
    "<b>From:</b> Bo &lt;bo@example.com&gt;<br><b>Sent:</b> Monday, 2 February 2026 10:00<br><b>To:</b> Ann<br>"
    "<b>Subject:</b> Login"
)
STRANGE_HEADER = (
    "<b>Από:</b> Bo &lt;bo@example.com&gt;<br><b>Στάλθηκε:</b> 2/2/2026 10:00<br><b>Προς:</b> Ann<br><b>Θέμα:</b> Login"
)
REPLIES = {
    "Gmail": f'{NEW}<br><div class="gmail_quote gmail_quote_container"><div class="gmail_attr">On Mon, Feb 2, 2026 at '
    f'10:00 Bo &lt;bo@example.com&gt; wrote:<br></div><blockquote class="gmail_quote">{OLD}</blockquote></div>',
    "Outlook 365": f'{NEW}<div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg">{HEADER}</div>'
    f"<div>{OLD}</div>",
    "Outlook 365, in Greek": f'{NEW}<hr><div id="divRplyFwdMsg">{STRANGE_HEADER}</div><div><br></div><div>{OLD}</div>',
    "Outlook for Windows": f'{NEW}<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal>{HEADER}'
    f"</p></div><p class=MsoNormal>{OLD}</p>",
    "Outlook for Mac": f'{NEW}<span id="OLK_SRC_BODY_SECTION"><div>{HEADER}</div><br><div>{OLD}</div></span>',
    "new Outlook": f'{NEW}<div id="mail-editor-reference-message-container"><div>{HEADER}</div><p>{OLD}</p></div>',
    "Apple Mail": f"{NEW}<div><br><blockquote type=cite><div>On 2 Feb 2026, at 10:00, Bo &lt;bo@example.com&gt; wrote:"
    f"</div><br><div>{OLD}</div></blockquote></div>",
    "Yahoo": f'{NEW}<div class="yahoo_quoted"><div>On Monday, 2 February 2026 at 10:00:00 CET, Bo wrote:</div>'
    f"<div>{OLD}</div></div>",
    "Thunderbird": f'{NEW}<div class="moz-cite-prefix">On 02-02-2026 10:00, Bo wrote:<br></div><blockquote type="cite" '
    f'cite="mid:a@b">{OLD}</blockquote>',
}


def reply(html: str) -> bytes:
    return f"Subject: Re: Login\nContent-Type: text/html; charset=utf-8\n\n{html}".encode()


@pytest.mark.parametrize("html", REPLIES.values(), ids=REPLIES)
def test_the_quotation_of_each_client_is_found(html: str) -> None:
    message = parse(reply(html))
    assert message.new_text == "It fails."
    assert OLD in message.quoted


@pytest.mark.parametrize("client", ["Gmail", "Apple Mail", "Yahoo", "Thunderbird", "Outlook for Mac", "new Outlook"])
def test_an_answer_below_a_marked_quotation_is_kept(client: str) -> None:
    assert parse(reply(f"{REPLIES[client]}<div>And more.</div>")).new_text.split("\n")[-1] == "And more."


@pytest.mark.parametrize(
    "mark",
    ['class="gmail_signature"', 'id="ms-outlook-mobile-signature"', 'id="AppleMailSignature"', "class=moz-signature"],
)
def test_a_signature_that_the_client_marks_is_found(mark: str) -> None:
    quoted = '<hr><div id="divRplyFwdMsg">' + HEADER + "</div>Old"
    message = parse(reply(f"{NEW}<br><div {mark}><div>any words</div><div>of the firm</div></div>{quoted}"))
    assert (message.new_text, message.signature) == ("It fails.", "-- \nany words\nof the firm")


def test_what_is_written_below_a_marked_signature_is_kept() -> None:
    message = parse(reply(f'{NEW}<div class="gmail_signature">Acme</div><div>It fails on web02 as well.</div>'))
    assert message.new_text == "It fails.\nAcme\nIt fails on web02 as well."
