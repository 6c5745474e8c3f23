"""Words that say how a phrase stands: what denies it, shifts it in time, supposes or reports it (English and Dutch)."""

from __future__ import annotations

import re

NEGATION_REACH = 6
"""Words: a negation further away belongs to something else."""
NEAR = 4
"""Words: an auxiliary verb further away belongs to another verb."""
NEGATIONS = frozenset(
    {"not", "no", "never", "without", "cannot", "none", "nothing", "nobody", "nor", "neither"}
    | {"hardly", "barely", "refuse", "refuses"}
    | {"niet", "geen", "nooit", "zonder", "niets", "niemand", "noch", "evenmin", "nauwelijks", "weigeren"}
)
IDIOMS = re.compile(
    r"\b(?:not (?:only|just|to mention)|no (?:doubt|wonder|question)|without (?:a )?doubt"
    r"|niet alleen|geen (?:twijfel|wonder)|zonder twijfel"
    r"|(?:not sure|(?:\w*n ' t|not) (?:know|understand|see)|no (?:idea|clue)|cannot (?:see|tell|understand)"
    r"|(?:nobody|no one|niemand)(?: \w+){0,4} (?:knows|sees|understands|weet|begrijpt|snapt)"
    r"|geen idee|(?:weet|weten|snap|snappen|begrijp|begrijpen)(?: \w+){0,2} niet)"
    r"(?: exactly)? (?:why|how|what|who|since when|waarom|hoe|wat|wie|waardoor|sinds wanneer))\b"
)
"""Words that look like a negation of what follows and are none."""
FACTIVE = re.compile(
    r"\b(?:(?:cannot|can ' t|can not) believe|(?:kan|kunnen) (?:het )?niet geloven|kan (?:toch )?niet (?:zo|waar) zijn"
    r"|(?:not|\w*n ' t) (?:\w+ )?(?:acceptable|normal|ok|okay|happy|pleased|funny|nice|good|fair) that"
    r"|niet (?:\w+ )?(?:acceptabel|aanvaardbaar|normaal|leuk|fijn|prettig|blij|tevreden|goed|de bedoeling) dat)\b"
)
"""What is denied is that the thing is well or to be believed, not that it is so."""
FAR_FROM = re.compile(r"\b(?:far from|allesbehalve|verre van)(?: \w+){0,2}$")
NONE_OF = re.compile(r"\b(?:none|neither|not (?:one|all|any)|geen(?: enkele)?|niet (?:een|alle)) (?:of|van)\b")
"""Denies its verb, however many words stand in between."""

CLAUSE_MARKS = frozenset(".!?;:,()")
CLAUSE_WORDS = frozenset(
    {"but", "however", "although", "though", "whereas", "because", "therefore"}
    | {"maar", "echter", "terwijl", "hoewel", "omdat", "doordat", "dus", "zodat"}
)
CONJUNCTIONS = frozenset({"and", "en"})
REASONS = frozenset({"as", "since", "so", "yet", "want", "aangezien", "sinds"})
"""Before a clause with a verb of its own, these end the clause that stands before them."""
NO_REASONS = frozenset({"as", "soon", "long", "far", "well", "if", "though", "such", "same"})
"""Next to "as": "as soon as", "such as"."""
SUBJECTS = frozenset(
    {"i", "we", "you", "he", "she", "they", "it", "this", "our", "my", "your", "the"}
    | {"ik", "wij", "u", "jullie", "hij", "ze", "zij", "het", "dit", "onze", "ons", "mijn", "uw", "de"}
)
FINITE = frozenset(
    {"is", "are", "was", "were", "has", "have", "had", "does", "do", "did", "goes", "went", "runs", "works", "stopped"}
    | {"can", "cannot", "could", "kan", "kon", "kunnen", "lag", "ging"}
    | {"zijn", "waren", "heeft", "hebben", "doet", "ligt", "liggen", "werkt", "werken"}
    | {"draait", "draaien", "staat", "gaat"}
)
"""Verbs that make a phrase a clause of its own, into which a negation before "and" does not reach."""

_SPELL = (
    r"(?:week|weekend|month|quarter|year|night|time|spring|summer|autumn|fall|winter|\w+day"
    r"|(?:janu|febru)ary|march|april|may|june|july|august|(?:sept|nov|dec)ember|october)"
)
_TIJD = r"(?:week|weekend|maand|kwartaal|jaar|keer|nacht|zomer|winter|voorjaar|najaar|\w+dag)"
PRESENT = frozenset(
    {"is", "are", "has", "have", "can", "cannot", "ligt", "liggen", "kan", "kunnen", "staat", "blijft", "zijn"}
)
PAST = re.compile(
    rf"\b(?<!since )(?:last {_SPELL}|yesterday|\w+ ago|used to|previously|formerly|back then|in the past)\b"
    rf"|\b(?<!sinds )(?:vorige? {_TIJD}|gisteren|eergisteren|geleden|destijds|voorheen|vroeger)\b"
)
SINCE = re.compile(rf"\b(?:since|after|following|sinds|sedert|na|nadat)\b(?: \S+){{0,6}}? (?:{PAST.pattern})")
"""When what is now so began: "after the update of last week nobody can log in"."""
YEAR = re.compile(r"\bin (?:19|20)\d\d\b")
MOVED_FROM = re.compile(r"\b(?:moved|migrated|switched|gone|away)(?: \w+)? from(?: (?:a|an|the|our))?$")
USED_TO = re.compile(r"(?<!that )(?<!which )\bused to\b")
PAST_VERBS = frozenset(
    {"was", "were", "had", "wasn", "weren", "hadn", "lag", "lagen", "waren", "hadden", "stond", "stonden"}
    | {"kon", "konden"}
)
PAST_LAST = frozenset({"lag", "lagen", "was", "waren", "stond", "stonden"})
"""Dutch verbs at the end of a subordinate clause."""
PAST_PARTICIPLES = frozenset({"gelegen", "geweest", "gestaan"})
SUBORDINATE = frozenset({"toen", "dat", "die", "nadat", "waarop", "waarbij"})
TAKEN = frozenset({"was", "were", "werd", "werden", "had", "hadden"})
ARTICLES = frozenset({"a", "an", "the", "our", "one", "een", "de", "het", "onze", "ons"})
ONGOING = re.compile(r"\b(?:(?:and|which|it) (?:is )?still\b|still (?:is|are|down)\b|nog (?:steeds|altijd)\b)")
"""What began in the past and goes on."""
PLANNED = re.compile(
    rf"\b(?:next {_SPELL}|tomorrow|plan(?:s|ned|ning)? (?:to|for)|are planning|in (?:the )?future|later this year)\b"
    rf"|\b(?:(?:volgende?|komende) {_TIJD}|morgen(?:ochtend|middag|avond)?|van plan|gepland|in de toekomst|binnenkort"
    rf"|later dit jaar)\b"
)
CONSIDERED = re.compile(
    r"\b(?:(?:consider(?:s|ing)?|thinking (?:of|about)) \w+ing"
    r"|(?:wants?|wish|intends?|like) to (?:move|switch|migrate|change|go|become)|overweegt?|overwegen"
    r"|denken (?:eraan|erover))\b"
)
GOING = frozenset({"go", "goes", "gaat", "gaan"})
SOON = re.compile(
    r"\b(?<!every )(?<!each )(?<!since )(?<!elke )(?<!iedere )(?<!sinds )"
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|tonight|this (?:week|weekend)"
    r"|(?:maan|dins|woens|donder|vrij|zater|zon)dag|vanavond|straks|dit weekend)\b"
)
PLANNED_VERBS = frozenset({"will", "shall", "going", "zal", "zullen"})
SUPPOSED = re.compile(
    r"\b(?<!as )(?<!even )(?:if|unless|suppos(?:e|ing)|assuming|imagine|whether|in case)\b"
    r"|\b(?:indien|tenzij|stel (?:dat|je voor)|mocht(?:en)?|wat als|in geval|voor het geval)\b"
    r"|^(?:should|als|wanneer|of)\b|\b(?:weten|vraag|vragen|zeggen|nagaan|kijken|controleren|afvragen) of\b"
)
WHETHER = re.compile(
    r"\b(?:we(?:et|ten)|\w*kijk(?:en|t)?|nagaan|zien|horen|check(?:en|t)?|controleert?|controleren|test(?:en|t)?"
    r"|uitzoeken|bevestig(?:en|t)?|zeg(?:gen|t)?|laten weten|\w*vraagt?|vragen|benieuwd|(?:on)?duidelijk|onzeker)"
    r"(?: \w+){0,2} of\b"
)
_DET = r"(?:the|this|that|all|our|your|my|an?|de|het|dit|dat|alle|alles|onze|ons|uw|jullie|mijn|een)"
_BE = r"(?:is|are|has|have|comes?|gets?|fully|finally|ook|eindelijk)"
ONCE = re.compile(
    r"\b(?:(?<!since )when|once|as soon as|until|till|als|wanneer|zodra|totdat|tot)"
    rf"(?: {_DET} \w+(?: \w+(?= {_BE}\b))?| {_DET}| (?!\w+ing\b)\w+)?(?: {_BE})*$"
)
"""The phrase is what is waited for, or what if: "once it works again", not "once I click it goes down"."""
HAPPENED = frozenset({"went", "was", "were", "had", "ging", "gingen", "lag", "lagen"})
BOTH = frozenset({"zowel", "net", "evenals", "alsmede"})
MAIN_ORDER = frozenset({"ligt", "liggen", "is", "zijn", "gaat", "gaan", "staat", "staan", "heeft", "hebben", "kan"})
"""Dutch verbs that do not stand in the middle of a subordinate clause."""
HOPED = re.compile(r"\b(?:hope(?:fully)?|hoping|hoop|hopen|hopelijk)(?: (?!(?:you|u|jullie)\b)\w+){0,4}$")
AVOIDED = re.compile(
    r"\b(?:avoid(?:ing)?|prevent(?:ing)?|vermijden|voorkomen|verhinderen|(?:risk|chance) (?:of|that)"
    rf"|(?:risico|gevaar|kans) dat)(?: we| wij)?(?: (?:that|dat))?(?: {_DET})?(?: \w+)?$"
)
OUGHT = re.compile(
    r"\b(?:should|ought to|needs? to|ha(?:s|ve) to|supposed to)(?: \w+)?"
    r" (?:be|been|come|go|get|have)(?: (?:on|a|an))?$"
)
MUST = frozenset({"moet", "moeten"})
MUST_BE = frozenset({"zijn", "worden", "komen"})
ROLE = re.compile(
    r"^als (?:\w+ )?\w*(?:beheerder|gebruiker|klant|team|organisatie|bedrijf|partner|collega|leverancier)s?\b"
)
"""Dutch "als" that means "as", not "if"."""
SUPPOSED_VERBS = frozenset({"would", "might", "could", "zou", "zouden"})
POLITE = re.compile(r"\b(?:would|could|might) (?:you|we|i|it be)\b|\b(?:zou(?:den)? (?:u|je|jij|jullie|we|wij|ik))\b")
WHEN = re.compile(r"\b(?:when|once|as soon as|wanneer|zodra|als)\b")
ASKING = frozenset(
    {"is", "are", "was", "were", "do", "does", "did", "has", "have", "will"}
    | {"zijn", "waren", "heeft", "hebben", "ligt", "liggen", "draait", "draaien", "werkt", "werken", "doet", "staat"}
)
CAN = frozenset({"can", "could", "may", "kan", "kunnen", "mag"})
ASKED = frozenset({"you", "u", "je", "jij", "jullie"})
SOMEBODY = frozenset({"someone", "somebody", "anyone", "anybody", "iemand"})
QUESTION_REACH = 6
TOPICS = frozenset(
    {"on", "in", "at", "to", "for", "from", "with", "about", "of", "our", "my", "your"}
    | {"op", "naar", "voor", "van", "met", "over", "bij", "onze", "ons", "mijn", "uw"}
)
"""Before the phrase, these make it what a question is about, not what it asks."""
OTHER_CLAUSE = frozenset(
    {"that", "as", "since", "why", "how", "what", "and", "if", "please", "pls", "help", "call"}
    | {"dat", "waarom", "hoe", "wat", "en", "want", "nu", "sinds", "aub", "svp", "graag", "helpen", "bellen"}
)
REPORTED = re.compile(
    r"\b(?:you|your \w+|u|jullie|je|uw \w+|jullie \w+"
    r"|(?:the|de|het) (?:manual|documentation|contract|agreement|website|policy|handleiding|documentatie|overeenkomst))"
    r" (?:\w+ ){0,2}?(?:wrote|said|says|states?|stated|told us|mentioned"
    r"|schreef|schreven|schrijft|zei|zeiden|zegt|meldde)\b"
)
"""Words of the other side, not of the writer."""
ACCORDING = re.compile(
    r"\b(?:according to|as per|volgens) (?:you\b|your |u\b|uw |jullie\b"
    r"|(?:the|de|het) (?:manual|documentation|contract|agreement|website|policy|handleiding|documentatie|overeenkomst))"
)
CONTRAST = re.compile(r"\b(?:but|however|maar|echter)\b")
QUOTE_MARKS = ('"', "\u201c", "\u201e")
