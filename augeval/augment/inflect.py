"""English words taken apart into lemma, part of speech and form, and put together again with another lemma.

The forms come from lemminflect's dictionary (NIH's SPECIALIST lexicon); its rules for unknown words are not used,
since a wrong form is worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from augeval.augment.lexicon import Lexicon

__all__ = ["Reading", "inflect", "lemmas", "read"]

UNIVERSAL = ("NOUN", "VERB", "ADJ", "ADV")  # parts of speech in the order of lexicon.PARTS
BASE = (("NN",), ("VB", "VBP"), ("JJ",), ("RB",))


@dataclass(frozen=True)
class Reading:
    """What a word most probably is.

    Args:
        lemma: "watch"; part: its part of speech, an index of lexicon.PARTS.
        forms: Penn tags that the word may have with this lemma: ("VBD", "VBN") for "watched".
    """

    lemma: str
    part: int
    forms: tuple[str, ...]


def read(word: str, lexicon: Lexicon) -> Reading | None:
    """The commonest reading of a lower-case word by the sense counts of WordNet, or None if WordNet lacks it.

    No tagger is used: "film" is always the noun. A lemma's count is shared out among its forms, or every -ing would
    be a verb's. Equal counts are decided by the number of senses, then by the order noun, verb, adjective, adverb,
    then by the alphabet.
    """
    found = []
    for part in range(len(UNIVERSAL)):
        for lemma in lemmas(word, part):
            forms, senses = _forms(lemma, part), lexicon.senses(lemma, part)
            tags = _tags(word, forms)
            if senses and tags:
                count = sum(sense.count for sense in senses) / len({form for known in forms.values() for form in known})
                found.append(((-count, -len(senses), part, lemma), Reading(lemma, part, tags)))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def inflect(lemma: str, reading: Reading) -> str | None:
    """Another lemma in the form of a reading; None if the forms differ ("cut": present or past?) or are not known."""
    forms = _forms(lemma, reading.part)
    made = {forms.get(tag, ("",))[0] for tag in reading.forms}
    return made.pop() or None if len(made) == 1 else None


def _tags(word: str, forms: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Penn tags whose usual form the word is; else those that it is another form of ("film" as a plural)."""
    usual = sorted(tag for tag, known in forms.items() if known[0] == word)
    return tuple(usual or sorted(tag for tag, known in forms.items() if word in known))


@lru_cache(maxsize=1 << 16)
def lemmas(word: str, part: int) -> tuple[str, ...]:
    """Lemmas of a part of speech (index of lexicon.PARTS) that a lower-case word may be a form of, itself last."""
    import lemminflect

    found = lemminflect.getAllLemmas(word, upos=UNIVERSAL[part])
    return tuple(dict.fromkeys((*found.get(UNIVERSAL[part], ()), word)))


@lru_cache(maxsize=1 << 16)
def _forms(lemma: str, part: int) -> dict[str, tuple[str, ...]]:
    """Penn tag -> forms, the usual one first; the lemma itself stands where the dictionary has none."""
    import lemminflect

    known: dict[str, tuple[str, ...]] = lemminflect.getAllInflections(lemma, upos=UNIVERSAL[part])
    regular = {"VBN": known["VBD"]} if "VBD" in known else {}  # the dictionary names a participle only if it differs
    return {**dict.fromkeys(BASE[part], (lemma,)), **regular, **known}
