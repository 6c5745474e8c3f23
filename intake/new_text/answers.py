"""Answers that stand below or between the lines of an unmarked quotation, and how a mail tells of them."""

from __future__ import annotations

import re

from intake.new_text.attribution import WROTE
from intake.new_text.header_block import LABEL_LINE, LABELS
from intake.new_text.signature import is_name, names_of

MOST_WORDS = 40
"""A longer text above a quotation says what it has to say itself, wherever it points."""
LAST_LINES = 3
MAX_LINE = 200
BELOW = re.compile(
    # "see my answers below", "in red", "inline"
    r"\b(?:(?:my|our|the) )?(?:answers?|comments?|replies|reply|response|responses|remarks?|notes?|feedback)\b.{0,30}"
    r"\b(?:below|inline|in[- ]line|in (?:red|blue|green|bold|caps|between|the text))\b"
    r"|\b(?:see|responded|replied|answered|commented|please find)\b.{0,30}\b(?:inline|in[- ]line|in (?:red|blue"
    r"|green|between))\b"
    r"|\bsee below\b|\b(?:in ?line|below) in (?:red|blue|green|bold)\b"
    r"|\b(?:antwoord(?:en)?|opmerking(?:en)?|reacties?)\b.{0,30}\b(?:hieronder|onder|tussen|in (?:het )?(?:rood"
    r"|blauw|groen|vet))"
    r"|\bzie (?:hieronder|onder(?:staand)?|inline|tussen de regels)\b"
    r"|\b(?:antworten?|anmerkungen?|kommentare?)\b.{0,30}\b(?:unten|inline|in (?:rot|blau|grün)|im text)\b"
    r"|\bsiehe (?:unten|inline)\b|\bs\.u\."
    r"|\b(?:réponses?|commentaires?|remarques?)\b.{0,30}\b(?:ci-dessous|en (?:rouge|bleu|vert|gras)|dans le texte)"
    r"|\bvoir (?:ci-dessous|plus bas)\b"
    r"|\b(?:respuestas?|comentarios?)\b.{0,30}\b(?:abajo|en (?:rojo|azul|verde|negrita)|debajo)\b|\b(?:ver"
    r"|véase) (?:más )?abajo\b"
    r"|\b(?:respostas?|comentários?)\b.{0,30}\b(?:abaixo|em (?:vermelho|azul|verde|negrito))\b|\b(?:ver|veja) abaixo\b"
    r"|\b(?:risposte?|commenti|osservazioni)\b.{0,30}\b(?:sotto|in (?:rosso|blu|verde|grassetto)|nel testo)\b"
    r"|\bvedi sotto\b"
    r"|\b(?:odpowiedzi|komentarze|uwagi)\b.{0,30}\b(?:poniżej|na (?:czerwono|niebiesko|zielono)|w tekście)\b"
    r"|\b(?:patrz|zob\.?|zobacz) (?:poniżej|niżej)\b",
    re.IGNORECASE,
)
"""That answers stand in the quoted mail itself."""

GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|hoi|dag|beste|geachte|goede(?:morgen|middag"
    r"|navond|ndag)|guten (?:tag|morgen|abend)|sehr geehrte[rs]?|liebe[rs]?|moin|servus|grüß gott|bonjour|bonsoir|salut"
    r"|cher|chère|madame|monsieur|hola|estimad[oa]s?|buen[oa]s (?:días|tardes|noches)|buongiorno|buonasera|ciao|salve"
    r"|gentile|egregio|olá|bom dia|boa (?:tarde|noite)|prezad[oa]s?|car[oa]s?|dzień dobry|witam|cześć|szanown[aiy]\w*)"
    r"(?:(?: [^\s,.!?:;]{1,30}){0,5}\s?[,!]|(?: (?-i:[A-ZÀ-Þ])\w{1,30}){1,3})",
    re.IGNORECASE,
)
MOST_GREETING_CHARACTERS = 80


def greets_only(above: list[str]) -> bool:
    """Whether nothing but a greeting stands above a quotation: what the mail says then stands below."""
    written = [line.strip() for line in above if line.strip()]
    return len(written) == 1 and len(written[0]) <= MOST_GREETING_CHARACTERS and bool(GREETING.fullmatch(written[0]))


HANDS_ON = re.compile(
    r"\b(?:below|fyi|fwd|forward\w*|this one|(?:look|looking) (?:at|into) (?:this|it)"
    r"|onderstaand\w*|hieronder|ter info\w*|doorsturen|doorgestuurd|oppakken"
    r"|untenstehend\w*|siehe unten|weiterleit\w*|weitergeleitet\w*|zur info\w*|ci-dessous|pour info\w*"
    r"|transf[eé]r\w*|reenv[ií]\w*|más abajo|inoltr\w*|qui sotto|encaminh\w*|abaixo|poniż\w*|przekazuj\w*|przesyłam)\b",
    re.IGNORECASE,
)
"""That the mail below is passed on; a program puts a word before the subject instead."""


def hands_on(above: list[str]) -> bool:
    """Whether a short text says that it passes on the mail below it."""
    words = " ".join(above[:MOST_WORDS]).split()[: MOST_WORDS + 1]
    return len(words) <= MOST_WORDS and bool(HANDS_ON.search(" ".join(words)))


def announced(above: list[str]) -> bool:
    """Whether a short text above a quotation says that answers stand in it."""
    words = " ".join(above[:MOST_WORDS]).split()[: MOST_WORDS + 1]
    return len(words) <= MOST_WORDS and bool(BELOW.search(" ".join(words)))


def answered_below(lines: list[str], start: int, sender: str, whose: str) -> bool:
    """Whether the sender of the mail signs below an unmarked quotation (from ``start``) that is somebody else's.

    A quoted mail of the sender's own, there or deeper, ends with the same name: then nothing is known.
    """
    names = names_of(sender)
    if not names or _shares(whose, names):
        return False
    last = [line.strip() for line in lines[start:][-MAX_LINE:] if line.strip()][-LAST_LINES:]
    if not any(is_name(line, names) for line in last):
        return False
    return not any(_introduces(line, names) for line in lines[start:])


def _introduces(line: str, names: frozenset[str]) -> bool:
    """Whether the line says that a mail is the sender's."""
    if len(line) > MAX_LINE or not _shares(line, names):
        return False
    label = LABEL_LINE.match(line)
    if label and LABELS.get(" ".join(label[1].lower().split())) == "from":
        return True
    return bool(WROTE.search(line))


def _shares(text: str, names: frozenset[str]) -> bool:
    return any(name in text.lower() for name in names if len(name) > 2)
