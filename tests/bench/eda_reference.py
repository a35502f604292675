"""EDA in plain Python, as its paper describes it and its program goes about it: what `bench_text` compares with.

Written from Wei & Zou 2019. Four operations on lists of words; a thesaurus that is asked for every word again, or
one that remembers. The program makes num_aug // 4 + 1 sentences with each operation, cleans what it made once more,
shuffles it and keeps num_aug; `lean` does neither.
"""

from __future__ import annotations

import random  # noqa: TID251  # what a plain program draws from
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from augeval.augment import lexicon
from augeval.augment.inflect import lemmas
from augeval.augment.stopwords import STOP_WORDS

__all__ = ["Eda", "look_up", "remembering"]

LETTERS = "abcdefghijklmnopqrstuvwxyz "
TRIES = 10  # words looked at before an insertion is given up
Synonyms = Callable[[str], Sequence[str]]


def look_up(word: str) -> list[str]:
    """Every other word of every sense in every part of speech, asked of WordNet."""
    book = lexicon.load()
    found = set()
    for part in range(4):
        for lemma in lemmas(word, part):
            for sense in book.senses(lemma, part):
                for member, _ in book.members(sense.synset):
                    plain = member.replace("-", " ").lower()
                    found.add("".join(c for c in plain if c in LETTERS))
    found.discard(word)
    return sorted(found)


def remembering() -> Synonyms:
    """The same, each word asked once."""
    return lru_cache(maxsize=None)(look_up)


def cleaned(text: str) -> str:
    """In lower case, of letters and single blanks only."""
    kept = ""
    for c in text.lower().replace("-", " ").replace("\t", " ").replace("\n", " "):
        if c in LETTERS:
            kept += c
    return re.sub(" +", " ", kept).strip()


class Eda:
    """The published algorithm.

    Args:
        synonyms: of a word. lean: makes no sentence that is not kept, and cleans none twice.
    """

    def __init__(self, synonyms: Synonyms, alpha: float, lean: bool = False, seed: int = 0) -> None:
        self.synonyms, self.alpha, self.lean = synonyms, alpha, lean
        self.rng = random.Random(seed)
        self.operations = (self.replaced, self.inserted, self.swapped, self.deleted)

    def __call__(self, text: str, num_aug: int) -> list[str]:
        """num_aug new sentences."""
        words = cleaned(text).split()
        n = max(1, int(self.alpha * len(words)))
        if self.lean:
            start = self.rng.randrange(4)
            return [" ".join(self.operations[(start + i) % 4](words, n)) for i in range(num_aug)]
        each = num_aug // 4 + 1
        made = [cleaned(" ".join(operation(words, n))) for operation in self.operations for _ in range(each)]
        self.rng.shuffle(made)
        return made[:num_aug]

    def replaced(self, words: list[str], n: int) -> list[str]:
        """n words that are no stop words become a synonym of theirs."""
        made, left = list(words), n
        open_ = sorted({word for word in words if word not in STOP_WORDS})
        self.rng.shuffle(open_)
        for word in open_:
            known = self.synonyms(word)
            if known:
                synonym = self.rng.choice(known)
                made = [synonym if w == word else w for w in made]
                left -= 1
            if not left:
                break
        return made

    def inserted(self, words: list[str], n: int) -> list[str]:
        """n times a synonym of a random word goes to a random place."""
        made = list(words)
        for _ in range(n):
            for _ in range(TRIES):
                known = self.synonyms(self.rng.choice(made)) if made else ()
                if known:
                    made.insert(self.rng.randrange(len(made)), self.rng.choice(known))
                    break
        return made

    def swapped(self, words: list[str], n: int) -> list[str]:
        """n times two words change places."""
        made = list(words)
        if len(made) < 2:
            return made
        for _ in range(n):
            i, j = self.rng.sample(range(len(made)), 2)
            made[i], made[j] = made[j], made[i]
        return made

    def deleted(self, words: list[str], n: int) -> list[str]:
        """Each word goes with probability alpha; one stays."""
        kept = [word for word in words if self.rng.random() >= self.alpha]
        return kept or ([self.rng.choice(words)] if words else [])
