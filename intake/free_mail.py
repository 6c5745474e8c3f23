"""Where anybody has an address."""

from __future__ import annotations

FREE_MAIL = frozenset(
    {
        "aol.com", "free.fr", "fastmail.com", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net",
        "googlemail.com", "hey.com", "hotmail.be", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.fr",
        "hotmail.nl", "hushmail.com", "icloud.com", "inbox.com", "kpnmail.nl", "laposte.net", "libero.it", "live.be",
        "live.co.uk", "live.com", "live.nl", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "naver.com",
        "orange.fr", "outlook.be", "outlook.com", "outlook.de", "outlook.fr", "outlook.nl", "pm.me", "proton.me",
        "protonmail.com", "qq.com", "seznam.cz", "t-online.de", "telenet.be", "tutanota.com", "web.de", "xs4all.nl",
        "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.com", "yandex.ru", "zeelandnet.nl", "ziggo.nl",
        "163.com",
    }
)  # fmt: skip
"""Domains under which anybody has an address, so that they say nothing of the company."""
