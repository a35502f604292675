"""What English negates, clause by clause: where a "not" goes in, and how one that is there goes out.

Rules of our own on words and the lexicon's parts of speech; no parser is used, so a sentence that they misread comes
out as bad English. They are made to change what a clause says, not to please.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from augeval.augment import tokens
from augeval.augment.inflect import Reading, inflect, read
from augeval.augment.lexicon import Lexicon
from augeval.augment.places import Change
from augeval.augment.stopwords import STOP_WORDS

__all__ = ["negations"]

NOUN, VERB, ADJECTIVE, ADVERB = range(4)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BOUNDARY = re.compile(r"[,;:.!?()\[\]\n—–…]|--| - ")
_STARTS_CLAUSE = _set(
    "and but or because although though while when whenever if that which who whom as since so until than whether "
    "where unless what how why"
)
_BE = _set("am is are was were")
_MODALS = _set("can could will would shall should may might must")
_DO = {"do": "VBP", "does": "VBZ", "did": "VBD"}
_HAVE = {"have": "do", "has": "does", "had": "did"}
_AUXILIARIES = _BE | _MODALS | _DO.keys() | _HAVE.keys()
_CONTRACTED = re.compile(r"(?:i|you|he|she|it|we|they|that|there|here|what|who)'(?:m|re|s|ve|ll|d)\Z|let's\Z")
_CUT_OFF = _set("m re s ve ll d")  # "it 's": the apostrophe stands before the word
_SUBJECTS = _set("i you he she it we they there this that")
_PLURAL_SUBJECTS = _set("i you we they")
_SINGULAR_SUBJECTS = _set("he she it who which that")
_BEFORE_NOUNS = _set(
    "a an the this these his her its my your our their some any no every each of in on at for with from by to into "
    "about"
)
_OBJECTS = _set("a an the this these his her its my your our their it me him us them you all every some")
_NEGATED = re.compile(r"(?P<stem>is|are|was|were|do|does|did|have|has|had|could|would|should|must|might|need|"
                      r"ca|wo|sha|ai)n'?t\Z")  # fmt: skip
_STEMS = {"ca": "can", "wo": "will", "sha": "shall", "ai": "is"}
_SHORT = {"can": "ca", "will": "wo", "shall": "sha"}
_NO_SHORT = _set("am may might")
_OTHER_WORDS = {
    "no": "some", "nothing": "something", "nobody": "somebody", "nowhere": "somewhere", "none": "some",
    "neither": "either", "without": "with", "cannot": "can",
}  # fmt: skip
_STYLE = re.compile(r"\w(?P<suffix>n['’]t| n['’]?t)\b", re.IGNORECASE)


def negations(text: str, lexicon: Lexicon) -> list[Change]:
    """What would negate each clause of a text, in the order of the text: at most one change a clause.

    A negation that is there is taken out ("does not work" -> "works", "no plot" -> "some plot"). Otherwise "not"
    follows the first form of be, have or a modal, or do supports the verb ("it works" -> "it does not work"), as
    "n't" where the text writes so. A text without any such clause gets "not" before it if it begins like a phrase
    ("a great film" -> "not a great film").
    """
    view = _Text(text, lexicon)
    found = [change for clause in view.clauses() if (change := _removed(view, clause) or _inserted(view, clause))]
    return found or [change for change in (_before_all(view),) if change]


@dataclass(frozen=True)
class _Text:
    """A text as words, with what the rules ask of each."""

    text: str
    lexicon: Lexicon

    @cached_property
    def pieces(self) -> list[str]:
        return tokens.split(self.text)

    @cached_property
    def words(self) -> list[str]:
        return [word.lower().replace("’", "'") for word in self.pieces[1::2]]

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(map(len, self.pieces)))

    @cached_property
    def suffix(self) -> str | None:
        """How the text writes "n't", or None if it does not."""
        found = _STYLE.search(self.text)
        return None if found is None else found["suffix"].lower()

    def start(self, i: int) -> int:
        return self._ends[2 * i]

    def end(self, i: int) -> int:
        return self._ends[2 * i + 1]

    def raw(self, i: int) -> str:
        return self.pieces[2 * i + 1]

    def joined(self, i: int) -> bool:
        """Whether nothing but blanks stands between word i and the next one."""
        return i + 1 < len(self.words) and self.pieces[2 * i + 2].isspace()

    def reading(self, i: int) -> Reading | None:
        return read(self.words[i], self.lexicon)

    def has_form(self, i: int, tag: str) -> bool:
        """Whether the word is mostly a verb, and may be this form of it."""
        reading = self.reading(i)
        return reading is not None and reading.part == VERB and tag in reading.forms

    def may_be_verb(self, i: int) -> bool:
        """Whether the lexicon has the word as a verb's base form, be it mostly a noun ("work")."""
        word = self.words[i]
        content = word not in STOP_WORDS or word in ("be", "have", "do", "like", "need")
        return content and bool(self.lexicon.senses(word, VERB))

    def third_person(self, i: int) -> str | None:
        """The verb that the word is the -s form of, be it mostly a plural ("works")."""
        word = self.words[i]
        for lemma in (word[:-1], word[:-2], f"{word[:-3]}y"):
            if lemma and self.lexicon.senses(lemma, VERB) and inflect(lemma, Reading(lemma, VERB, ("VBZ",))) == word:
                return lemma
        return None

    def clauses(self) -> Iterator[range]:
        start = 0
        for i in range(1, len(self.words) + 1):
            if i == len(self.words) or _BOUNDARY.search(self.pieces[2 * i]) or self.words[i] in _STARTS_CLAUSE:
                yield range(start, i)
                start = i

    def past_adverbs(self, i: int, clause: range) -> int | None:
        """The first word from i on that is no adverb, looking at four at most."""
        for j in range(i, min(i + 4, clause.stop)):
            reading = self.reading(j)
            if not (self.words[j].endswith("ly") or (reading and reading.part == ADVERB)):
                return j
        return None


# --- out ----------------------------------------------------------------------------------------------------------


def _removed(view: _Text, clause: range) -> Change | None:
    """The first negation of a clause taken out, or None if there is none."""
    for i in clause:
        word = view.words[i]
        if word in ("not", "n't", "nt") and not (i + 1 in clause and view.words[i + 1] == "only"):
            return _without_not(view, i, clause)
        if word == "never" and len(clause) > 1:
            return _dropped(view, i)
        stem = _NEGATED.match(word)
        if stem:
            full = _STEMS.get(stem["stem"], stem["stem"])
            undone = _unsupported(view, i, i + 1, full, clause)
            return undone or _replaced(view, i, full)
        if word in _OTHER_WORDS and (word != "no" or (i + 1 in clause and view.joined(i))):
            return _replaced(view, i, _OTHER_WORDS[word])
    return None


def _without_not(view: _Text, i: int, clause: range) -> Change | None:
    before = view.words[i - 1] if i - 1 in clause else ""
    if before in _DO:
        undone = _unsupported(view, i - 1, i + 1, before, clause)
        if undone:
            return undone
    if before in _STEMS and view.words[i] != "not":  # "ca n't"
        new = tokens.case_like(view.raw(i - 1), _STEMS[before])
        return Change(view.start(i - 1), view.end(i), new, i, "negation removed")
    return _dropped(view, i)


def _unsupported(view: _Text, do: int, after: int, form: str, clause: range) -> Change | None:
    """ "does not work" -> "works": from the form of do to the verb, where that is found."""
    verb = view.past_adverbs(after, clause) if form in _DO else None
    if verb is None or not view.may_be_verb(verb):
        return None
    lemma = view.words[verb]
    new = lemma if form == "do" else inflect(lemma, Reading(lemma, VERB, (_DO[form],)))
    if not new:
        return None
    between = view.text[view.start(after) : view.start(verb)]
    made = between + tokens.case_like(view.raw(verb), new)
    made = tokens.case_like(view.raw(do), made) if not view.raw(do).isupper() else made
    return Change(view.start(do), view.end(verb), made, do, "negation removed")


def _dropped(view: _Text, i: int) -> Change | None:
    """Without the word and the blank beside it; a capital passes on to the next word."""
    if view.joined(i):
        following = view.raw(i + 1)
        new = tokens.case_like(view.raw(i), following) if view.raw(i).istitle() else following
        return Change(view.start(i), view.end(i + 1), new, i, "negation removed")
    return Change(view.end(i - 1), view.end(i), "", i, "negation removed") if i else None


def _replaced(view: _Text, i: int, word: str) -> Change:
    return Change(view.start(i), view.end(i), tokens.case_like(view.raw(i), word), i, "negation removed")


# --- in -----------------------------------------------------------------------------------------------------------


def _inserted(view: _Text, clause: range) -> Change | None:
    for rule in (_after_auxiliary, _with_support, _before_infinitive):
        for i in clause:
            change = rule(view, i, clause)
            if change:
                return change
    return None


def _after_auxiliary(view: _Text, i: int, clause: range) -> Change | None:
    word = view.words[i]
    cut_off = word in _CUT_OFF and i > 0 and view.pieces[2 * i][-1:] in ("'", "’") and view.words[i - 1] in _SUBJECTS
    if cut_off or _CONTRACTED.match(word):
        return _not_after(view, i, "not")
    is_noun = word in _MODALS and i - 1 in clause and view.words[i - 1] in _BEFORE_NOUNS  # "the will"
    if word not in _AUXILIARIES or is_noun:
        return None
    if i + 1 in clause and view.words[i + 1] in _SUBJECTS - {"this", "that"}:  # "is it good?"
        return _not_after(view, i + 1, "not")
    if word in _DO or word in _HAVE:
        supports = _supports(view, i, clause)
        return _short_or_full(view, i) if supports else _supported(view, i, _HAVE.get(word, word), _base(word))
    return _short_or_full(view, i)


def _base(word: str) -> str:
    return "have" if word in _HAVE else "do"


def _supports(view: _Text, i: int, clause: range) -> bool:
    """Whether do or have stands with another verb ("has seen"), not alone ("has a plot")."""
    verb = view.past_adverbs(i + 1, clause)
    if verb is None:
        return False
    if view.words[i] in _DO:
        return view.may_be_verb(verb)
    return view.words[verb] in ("been", "had", "done") or view.has_form(verb, "VBN")


def _with_support(view: _Text, i: int, clause: range) -> Change | None:
    """ "works" -> "does not work", where the word can only be read as a finite verb."""
    reading = view.reading(i)
    before = view.words[i - 1] if i - 1 in clause else ""
    after_pronoun = _after_pronoun(view, i, before)
    if after_pronoun:
        return after_pronoun
    if reading is None or reading.part != VERB or before in _BEFORE_NOUNS or view.words[i] in _AUXILIARIES:
        return None
    after = view.words[i + 1] if i + 1 in clause and view.joined(i) else ""
    if "VBZ" in reading.forms:
        return _supported(view, i, "does", reading.lemma)
    if "VBD" in reading.forms:
        finite = "VBN" not in reading.forms or before in _SUBJECTS or (bool(before) and after in _OBJECTS)
        return _supported(view, i, "did", reading.lemma) if finite else None
    if {"VB", "VBP"} & set(reading.forms):
        imperative = i == 0 and after in _OBJECTS
        if imperative or (before and _is_plural(view, i - 1)):
            return _supported(view, i, "do", reading.lemma)
    return None


def _after_pronoun(view: _Text, i: int, before: str) -> Change | None:
    """Right after a pronoun a word that may be a verb is one ("she works", "they work")."""
    if before in _PLURAL_SUBJECTS and view.words[i] not in _AUXILIARIES and view.may_be_verb(i):
        return _supported(view, i, "do", view.words[i])
    singular = before in _SINGULAR_SUBJECTS and view.words[i] not in STOP_WORDS
    lemma = view.third_person(i) if singular else None
    return _supported(view, i, "does", lemma) if lemma else None


def _is_plural(view: _Text, i: int) -> bool:
    reading = view.reading(i)
    return reading is not None and reading.part == NOUN and reading.forms == ("NNS",)


def _before_infinitive(view: _Text, i: int, clause: range) -> Change | None:
    if view.words[i] != "to" or i + 1 not in clause:
        return None
    if not (view.words[i + 1] in ("be", "have", "do") or view.has_form(i + 1, "VB")):
        return None
    return Change(view.start(i), view.end(i), f"{tokens.case_like(view.raw(i), 'not')} to", i, "negation inserted")


def _supported(view: _Text, i: int, form: str, lemma: str) -> Change:
    new = f"{form}{_joined_not(view, form)} {lemma}"
    return Change(view.start(i), view.end(i), tokens.case_like(view.raw(i), new), i, "negation inserted")


def _short_or_full(view: _Text, i: int) -> Change:
    word = view.words[i]
    suffix = _joined_not(view, word)
    if word == "can" and suffix == " not":
        suffix = "not"
    stem = word if suffix.endswith("not") else _SHORT.get(word, word)
    new = tokens.case_like(view.raw(i), stem + suffix)
    return Change(view.start(i), view.end(i), new, i, "negation inserted")


def _joined_not(view: _Text, word: str) -> str:
    return " not" if view.suffix is None or word in _NO_SHORT else view.suffix


def _not_after(view: _Text, i: int, word: str) -> Change:
    raw = view.raw(i)
    shouted = len(raw) > 1 and raw.isupper()
    return Change(view.end(i), view.end(i), f" {word.upper() if shouted else word}", i, "negation inserted")


def _before_all(view: _Text) -> Change | None:
    """ "a great film" -> "not a great film"."""
    reading = view.reading(0) if view.words and view.words[0] not in STOP_WORDS else None
    described = reading is not None and reading.part in (ADJECTIVE, ADVERB)
    if not described and view.words[:1] not in (["a"], ["an"]):
        return None
    raw = view.raw(0)
    word = raw[0].lower() + raw[1:] if raw.istitle() else raw
    made = f"{tokens.case_like(raw, 'not') if len(raw) > 1 or raw.islower() else 'Not'} {word}"
    return Change(view.start(0), view.end(0), made, 0, "negation inserted")
