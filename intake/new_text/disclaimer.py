"""Confidentiality notices and the like, which companies and scanners put under every mail."""

from __future__ import annotations

import re
from collections.abc import Mapping

LEAST_CHARACTERS = 40
MOST_CHARACTERS = 6000
"""A paragraph outside these bounds is no notice."""
MOST_PARAGRAPHS = 12
FOR_WHOM = 1
"""The place in :data:`PHRASES` of the phrase that makes a notice together with one other."""
SURE_WITHOUT = 3
"""So many phrases make a notice that does not say for whom the mail is."""

PHRASES: Mapping[str, tuple[re.Pattern[str], ...]] = {
    language: tuple(re.compile(phrase, re.DOTALL) for phrase in phrases)
    for language, phrases in {
        "en": (
            r"\bconfidential(?:ity)?\b|\bprivileged\b|\bproprietary information\b",
            r"\bintended (?:solely |only |exclusively )?(?:for|recipients?|addressees?)\b"
            r"|\bnot the (?:intended |named )?(?:recipient|addressee)|\bfor the (?:sole |exclusive )?use of the\b"
            r"|\bnamed addressees?\b",
            r"\b(?:received|sent) (?:this|the|it) ?(?:e-?mail|message|communication|transmission|information)?"
            r"(?: to you)? ?(?:in error|by mistake)|\breceived in error\b",
            r"\b(?:notify|inform|contact) (?:us|the sender|the originator|me)\b.{0,60}\b(?:immediately|delet)"
            r"|\b(?:immediately|promptly|please) (?:notify|inform) (?:us|the sender)\b|\bdelete (?:it|this|the|all)\b"
            r"|\bdestroy (?:it|this|all|any|the)\b",
            r"\b(?:dissemination|distribution|disclosure|copying|reproduction|unauthori[sz]ed (?:use|review"
            r"|access|disclosure))\b.{0,120}\b(?:prohibited|forbidden|unlawful|not permitted|not authori[sz]ed)",
            r"\b(?:views|opinions)\b.{0,60}\b(?:expressed|author|sender)\b"
            r"|\bnot (?:necessarily )?(?:represent|reflect)\b",
            r"\b(?:accepts?|assumes?) no (?:liability|responsibility)\b|\bnot (?:accept|be held|be) "
            r"(?:any )?(?:liab|responsib)|\bliability for any\b",
            r"\b(?:scanned|checked|swept) (?:for|by)\b|\bvirus(?:es)?(?:-free)?\b|\bmalware\b",
            r"\bconsider the environment\b|\bbefore printing this\b|\bthink before you print\b",
        ),
        "nl": (
            r"\bvertrouwelijke?\b|\bgeheimhouding",
            r"\b(?:uitsluitend|alleen|slechts) (?:bestemd|bedoeld) voor|\bgeadresseerden?\b"
            r"|\bniet voor u (?:is )?bestemd\b|\bbeoogde ontvanger",
            r"\b(?:onterecht|ten onrechte|per abuis|abusievelijk|per vergissing|onbedoeld)\b.{0,40}"
            r"\b(?:ontvang|ontving|toegezonden)",
            r"\b(?:afzender|ons)\b.{0,60}\b(?:te informeren|op de hoogte|te melden|te verwittigen)"
            r"|\b(?:te vernietigen|te verwijderen|vernietig|verwijder)\b|\bstel de afzender\b|\bwaarschuw de afzender",
            r"\b(?:openbaarmaking|vermenigvuldiging|verspreiding|verstrekking)\b.{0,120}"
            r"\b(?:niet toegestaan|verboden)",
            r"\bniet aansprakelijk\b|\baanvaardt geen\b|\bgeen aansprakelijkheid\b"
            r"|\bgeen rechten\b.{0,20}\bontle",
            r"\bdenk aan het milieu\b|\bmilieu\b.{0,60}\bprint",
        ),
        "de": (
            r"\bvertrauliche?[nsr]?\b|\brechtlich geschützt",
            r"\b(?:ausschließlich|ausschliesslich|nur|allein) (?:für|fuer)\b.{0,40}\b(?:adressat|empfänger|bestimmt)"
            r"|\bnicht der (?:richtige|beabsichtigte|vorgesehene) (?:adressat|empfänger)|\bbestimmungsgemäße",
            r"\birrtümlich\b.{0,30}\berhalten|\bversehentlich\b.{0,30}\berhalten",
            r"\b(?:informieren|benachrichtigen|verständigen) sie\b|\b(?:vernichten|löschen) sie\b",
            r"\b(?:unerlaubte|unbefugte|weitergabe|kopieren|verbreitung)\b.{0,100}"
            r"\b(?:nicht gestattet|untersagt|verboten|nicht erlaubt)",
            r"\bkeine haftung\b|\bhaftung\b.{0,60}\bausgeschlossen\b",
            r"\bdenken sie an die umwelt\b|\bumwelt\b.{0,60}\bausdruck|\bschonen sie die umwelt",
        ),
        "fr": (
            r"\bconfidentiel(?:le)?s?\b|\bconfidentialité\b",
            r"\b(?:exclusive|exclusivement|usage exclusif|à l'attention exclusive|à l’attention exclusive)\b.{0,40}"
            r"\bdestinataire"
            r"|\bseuls? destinataires?\b|\bn'êtes pas le destinataire|\bn’êtes pas le destinataire"
            r"|\bdestinataires? (?:visé|prévu)|\bà l.intention (?:exclusive )?d",
            r"\b(?:reçu|recu)\b.{0,40}\bpar erreur\b",
            r"\b(?:avertir|informer|aviser|prévenir)\b.{0,40}\b(?:expéditeur|émetteur)"
            r"|\b(?:détruire|supprimer)\b|\b(?:avertissez|informez) ",
            r"\b(?:diffusion|divulgation|utilisation|reproduction|copie)\b.{0,100}\b(?:interdite?|prohibée?"
            r"|pas autorisée)",
            r"\bdécline toute\b|\bresponsabilité\b.{0,60}\b(?:engagée|déclin)",
            r"\bpensez à l.environnement\b|\bn.imprimez\b",
        ),
        "es": (
            r"\bconfidencial(?:es)?\b|\bconfidencialidad\b",
            r"\b(?:exclusivamente|únicamente|exclusivo)\b.{0,60}\bdestinatario|\bno es (?:usted )?el destinatario"
            r"|\bdirigida? (?:exclusivamente|únicamente)|\buso exclusivo\b",
            r"\b(?:recibido|recibe)\b.{0,60}\bpor error\b",
            r"\b(?:comuni[cq]|notifi[cq]|avis|inform)\w*\b.{0,60}\bremitente|\b(?:elimin|borr|destruy|destruc)\w+",
            r"\b(?:divulgación|distribución|copia|utilización|reproducción|difusión)\b.{0,120}"
            r"\b(?:prohibid|no autorizad)",
            r"\bmedio ambiente\b|\bantes de imprimir\b",
        ),
        "pt": (
            r"\bconfidenciais\b|\bconfidencialidade\b|\binformaç\w+ (?:confidencial|privilegiada)|\bsigilos[ao]s?\b",
            r"\b(?:exclusivamente|unicamente|exclusivo)\b.{0,60}\bdestinatári|\bnão (?:é|for|seja) o (?:seu )?"
            r"destinatário",
            r"\b(?:recebeu|recebido|recebida)\b.{0,60}\bpor (?:engano|erro)\b",
            r"\b(?:inform|notifi|avis|comuni)\w*\b.{0,60}\bremetente|\b(?:apag|elimin|destru)\w+",
            r"\b(?:divulgação|distribuição|cópia|utilização|reprodução)\b.{0,120}\b(?:proibid|não autorizad|vedad)",
            r"\bmeio ambiente\b|\bantes de imprimir\b",
        ),
        "it": (
            r"\briservat[oaei]\b|\bconfidenzial[ei]\b|\briservatezza\b",
            r"\b(?:esclusivamente|unicamente|esclusivo)\b.{0,60}\bdestinatari|\bnon (?:è|siete|foste) "
            r"(?:il|i) (?:legittim\w+ )?destinatari",
            r"\b(?:ricevuto|pervenuto|pervenuta)\b.{0,60}\bper errore\b|\bper errore\b.{0,60}\bricevut",
            r"\b(?:avvis|inform|comunic|notific)\w*\b.{0,60}\bmittente|\b(?:cancell|distrugg|distru|elimin)\w+",
            r"\b(?:divulgazione|diffusione|copia|utilizzo|riproduzione|distribuzione)\b.{0,120}"
            r"\b(?:vietat|proibit)",
            r"\bprima di stampare\b|\brispetta l.ambiente\b",
        ),
        "pl": (
            r"\bpoufn\w+\b|\btajemnic\w+\b",
            r"\b(?:wyłącznie|jedynie)\b.{0,60}\badresat|\bnie (?:jest|są) (?:\w+ )?(?:jej |jego )?adresat",
            r"\b(?:omyłkowo|przez pomyłkę|pomyłkowo)\b",
            r"\b(?:powiadom|poinform|zawiadom)\w*\b.{0,60}\bnadawc|\b(?:usuni|usunąć|skasowa|zniszcz)\w*",
            r"\b(?:rozpowszechnianie|kopiowanie|ujawnianie|wykorzystanie|rozprowadzanie)\b.{0,120}"
            r"\b(?:zabronion|niedozwolon|zakazan)",
            r"\bpomyśl o środowisku\b|\bzanim wydrukujesz\b",
        ),
    }.items()
}
"""By language, what a notice says: it is confidential; for whom it is (second); what to do if it is not yours ..."""
ALONE = re.compile(
    r"consider the environment before printing|think before you print|denk aan het milieu voor|"
    r"denken sie an die umwelt|pensez à l.environnement|medio ambiente antes de imprimir"
    r"|meio ambiente antes de imprimir|"
    r"ambiente prima di stampare|"
    r"^(?:this (?:e-?mail|message) (?:has been|was) (?:scanned|checked)|scanned by|virus-free)\b.{0,80}$|"
    r"^(?:deze e-?mail|diese e-?mail|cet e-?mail|este (?:correo|e-?mail)).{0,30}\b"
    r"(?:avast|avg|norton|mcafee|kaspersky)\b.{0,60}$",
    re.IGNORECASE,
)
"""One phrase that is sure by itself: nobody writes it by hand."""
WORDS_ALONE = (
    "print",
    "milieu",
    "umwelt",
    "imprim",
    "stampare",
    "virus",
    "scanned",
    "checked",
    "avast",
    "avg",
    "norton",
    "mcafee",
    "kaspersky",
)
MOST_HEADING_CHARACTERS = 60
WRAPPED = 45
"""A line of so many characters that ends no sentence goes on in the next."""
SENTENCE_ENDS = (".", "!", "?", ":", ">", ")")
HEADING = re.compile(
    r"^[\W_]*(?:(?:e-?mail |legal |confidentiality )*(?:disclaimer|notice|caution|warning)|confidential(?:ity)?"
    r"|vertrouwelijkheid"
    r"|vertraulichkeitshinweis|wichtiger hinweis|avertissement|avis de confidentialité|aviso legal"
    r"|aviso de confidencialidad"
    r"|aviso de confidencialidade|avviso di riservatezza|klauzula poufności)[\W_]*$",
    re.IGNORECASE,
)
WORDS = (
    (
        "en",
        (
            "confiden",
            "privileged",
            "intended",
            "addressee",
            "in error",
            "views",
            "opinions",
            "virus",
            "liab",
            "prohibited",
        ),
    ),
    ("nl", ("vertrouwelijk", "geadresseerde", "bestemd", "aansprakelijk", "beoogde ontvanger")),
    ("de", ("vertraulich", "adressat", "empfänger", "irrtümlich", "haftung")),
    ("fr", ("confiden", "destinataire", "par erreur")),
    ("es", ("confiden", "destinatario", "por error")),
    ("pt", ("confiden", "destinatári", "por engano", "por erro", "sigilos")),
    ("it", ("riservat", "confiden", "destinatari", "per errore")),
    ("pl", ("poufn", "adresat", "omyłkowo", "pomyłk", "tajemnic")),
)
"""No notice is without one of these; plain substrings, since most paragraphs are let go here."""
REQUESTS = {
    "en": re.compile(r"\?|\b(?:i|i'm|i've|(?:can|could|would) you)\b"),
    "nl": re.compile(r"\?|\b(?:ik|kunt u|kun je|kunnen jullie)\b"),
    "de": re.compile(r"\?|\b(?:ich|können sie|könnten sie)\b"),
    "fr": re.compile(r"\?|\b(?:je|j'ai|pouvez-vous|pourriez-vous)\b"),
    "es": re.compile(r"\?|\b(?:yo|puede usted|pueden ustedes|podría)\b"),
    "pt": re.compile(r"\?|\b(?:eu|podem|poderiam|poderia)\b"),
    "it": re.compile(r"\?|\b(?:io|potete|potreste)\b"),
    "pl": re.compile(r"\?|\b(?:czy|mogę|możecie|mogą państwo)\b"),
}
"""A person speaks, of a notice perhaps: it is kept."""
OF_ITSELF = re.compile(
    r"\b(?:e-?mails?|messages?|communications?|transmission|attachments?|bericht|e-mailbericht|nachricht"
    r"|mitteilung|courriel"
    r"|correspondence|courrier|comunicação|confidentiality notice|disclaimer"
    r"|(?:this|dit|dieses|ce|este|presente|questo|niniejszy) do[ck]ument\w{0,3}"
    r"|correo|mensaje|mensagem|messaggio|comunicazione|wiadomo\w+|korespondencj\w+|mails?|fax"
    r"|(?:information|informatie|informationen?|informations|información|informações|informazioni|informacje)"
    r" (?:contained|transmitted|in this|herein|verzonden|in d|die|contenues?|contenid[ao]s?|contidas?|contenute"
    r"|zawarte))\b"
)
"""A notice speaks of the mail that it stands under."""


def start(lines: list[str]) -> int:
    """The line at which the notice at the end of ``lines`` begins; their number when there is none.

    A notice is whole paragraphs (between blank lines) at the very end; when unsure, there is none.
    """
    cut = end = len(lines)
    for _ in range(MOST_PARAGRAPHS):
        while end and not lines[end - 1].strip(" \t*_-=~."):
            end -= 1
        begin = end
        while begin and lines[begin - 1].strip(" \t*_-=~."):
            begin -= 1
        kind = _judge(" ".join(line.strip() for line in lines[begin:end]))
        if kind == "none":
            break
        if kind == "sure" or cut < len(lines):
            cut = _first_line(lines, begin, end)
            if cut > begin:
                break
        if kind == "heading":
            break
        end = begin
    return cut


def _first_line(lines: list[str], begin: int, end: int) -> int:
    """The line of a paragraph at which the notice in it begins; above may stand a signature, or the request."""
    at = begin
    while at < end - 1 and not _speaks_of_notices(lines[at]):
        at += 1
    while at > begin and len(lines[at - 1]) >= WRAPPED and not lines[at - 1].rstrip().endswith(SENTENCE_ENDS):
        at -= 1
    return at


def _speaks_of_notices(line: str) -> bool:
    text = line.lower().replace("’", "'")
    return (
        bool(HEADING.match(line[:MOST_HEADING_CHARACTERS]))
        or any(map(text.__contains__, WORDS_ALONE))
        or any(any(map(text.__contains__, words)) for _, words in WORDS)
        or any(phrase.search(text) for phrases in PHRASES.values() for phrase in phrases)
    )


def _judge(paragraph: str) -> str:
    """``sure``, ``likely`` (belongs to a notice beside it), ``heading`` or ``none``."""
    if not paragraph or len(paragraph) > MOST_CHARACTERS:
        return "none"
    if len(paragraph) <= MOST_HEADING_CHARACTERS and HEADING.match(paragraph):
        return "heading"
    text = paragraph.lower().replace("’", "'")
    if any(map(text.__contains__, WORDS_ALONE)) and ALONE.search(text):
        return "sure"
    if len(text) < LEAST_CHARACTERS:
        return "none"
    likely = False
    for language, words in WORDS:
        if not any(map(text.__contains__, words)):
            continue
        found = [bool(phrase.search(text)) for phrase in PHRASES[language]]
        sure = sum(found) >= (2 if found[FOR_WHOM] else SURE_WITHOUT) and OF_ITSELF.search(text)
        if any(found) and REQUESTS[language].search(text):
            return "none"
        if sure:
            return "sure"
        likely |= any(found)
    return "likely" if likely else "none"
