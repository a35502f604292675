"""What a paraphrase must be, so that an answer that is something else is not taken for one.

A schema cannot catch a model that obeys what a row says: its answer is well-formed too. What catches it is that a
paraphrase keeps its source's words, length, script and form, and that a row which speaks to a model is held to that
far more strictly. These checks ask whether a text *can* be a paraphrase; whether it means the same is for `keep_if`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from augeval.augment.llm.prompts import CLOSE, OPEN
from augeval.augment.stopwords import STOP_WORDS

__all__ = ["judged", "normalised", "unsendable"]

LONGEST = 20_000  # characters of a row that is sent
LONG = 40  # characters from which on a length ratio means something
RATIO = (0.5, 2.0)  # characters of a paraphrase / of its source, where that is long
SPARE = 40  # characters that a short one may be longer
SHARED = 0.12  # of the source's words that a paraphrase has too, at least
STRICT = 0.8  # the same where the row speaks to a model
ECHO = 8  # words in a row that only the prompt can have brought
FOREIGN = 8  # words from which on a text of one language should hold its function words
ENGLISH = 0.2  # share of them that tells English

_WORD = re.compile(r"[^\W_]+")
_MARKUP = re.compile(r"```|</?[a-zA-Z][^>]*>|<\||\|>|\[/?INST\]|^\s*[\[{]|^\s*(?:#{1,6} |[-*] )|\"paraphrases?\"")
_SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
_SPEAKS = re.compile(
    r"\b(?:ignore|disregard|forget (?:all|everything|the|your|about|that)|override|bypass|obey|pretend|act as|"
    r"you are (?:now|an?)|your (?:task|job|role|answer|output|reply|response|instructions?|rules?)|instructions?|"
    r"prompts?|system message|assistant|chatbot|language model|developer mode|jailbreak\w*|api keys?|respond|"
    r"(?:reply|answer) (?:with|only|the)|output (?:only|your)|repeat after|print (?:the|out|only|your)|print\(|execute|"
    r"translate|summari[sz]e|write (?:a|an|the|me|in|only)|say (?:only|that|the|\W*[A-Z]{3,})|return (?:only|json)|"
    r"do not (?:paraphrase|rephrase|rewrite)|paraphras\w+|valid json|end of (?:text|data)|TEXT>>>)",
    re.IGNORECASE,
)


def normalised(text: str) -> str:
    """What makes two texts the same: words without case, marks or spacing."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def unsendable(row: str) -> str:
    """Why a row is not sent at all: "empty", "too long", "undecodable"; "" if it can be."""
    if any("\ud800" <= character <= "\udfff" for character in row):
        return "undecodable"
    if not _WORD.search(row):
        return "empty"
    return "too long" if len(row) > LONGEST else ""


def judged(item: str, source: str, prompt: str, taken: Sequence[str] | set[str]) -> str:
    """Why an item is not taken, as counts name it; "" if it is.

    Args:
        item: a text that the model gave; source: the row; prompt: what the model was told about the row, without it.
        taken: normalised texts that were taken from earlier replies to the same row, or earlier in this one.
    """
    if not (plain := normalised(item)):
        return "empty"
    if plain == normalised(source) or plain in taken:
        return "duplicates"
    checks = (
        ("echoes of the prompt", _echoes(item, source, prompt)),
        ("not plain text", _is_marked_up(item, source)),
        ("wrong length", not _about_as_long(item, source)),
        ("another language", _is_foreign(item, source)),
        ("unlike the source", _is_unlike(item, source)),
    )
    reason = next((name for name, broken in checks if broken), "")
    # In a row that speaks to a model, whatever breaks a rule is taken for the model's doing as it was told.
    return "obeyed an instruction" if reason and _SPEAKS.search(source) else reason


def _echoes(item: str, source: str, prompt: str) -> bool:
    if any(mark in item for mark in (OPEN, CLOSE, "<<<", ">>>")):
        return True
    told, own = normalised(prompt), normalised(source)
    words = normalised(item).split()
    runs = (" ".join(words[at : at + ECHO]) for at in range(len(words) - ECHO + 1))
    return any(run in told and run not in own for run in runs)


def _is_marked_up(item: str, source: str) -> bool:
    """Code, tags, lists, line breaks or control characters that the source has none of."""
    if "\n" in item.strip() and "\n" not in source.strip():
        return True
    hidden = {c for c in item if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") and c not in "\n\t"}
    return bool(hidden - set(source)) or (bool(_MARKUP.search(item)) and not _MARKUP.search(source))


def _about_as_long(item: str, source: str) -> bool:
    low, high = RATIO
    size, own = len(item.strip()), len(source.strip())
    return low * own <= size <= high * own if own >= LONG else size <= own + SPARE


def _is_foreign(item: str, source: str) -> bool:
    """Another script, or none of the function words in a text whose source is full of them."""
    if _script(item) != _script(source):
        return True
    return len(_WORD.findall(item)) >= FOREIGN and _english(source) >= ENGLISH and _english(item) == 0.0


def _script(text: str) -> str:
    """Of most letters: "LATIN", "CYRILLIC", …; one name for those that Japanese mixes; "" without letters."""
    names = Counter(unicodedata.name(c, "?").split(" ")[0].split("-")[0] for c in text if c.isalpha())
    first = names.most_common(1)[0][0] if names else ""
    return "CJK" if first in ("HIRAGANA", "KATAKANA") else first


def _english(text: str) -> float:
    words = [word.casefold() for word in _WORD.findall(text)]
    return sum(word in STOP_WORDS for word in words) / len(words) if words else 0.0


def _is_unlike(item: str, source: str) -> bool:
    """Too few of the source's words are there; or the item is a piece of a row that speaks to a model."""
    speaks = bool(_SPEAKS.search(source))
    if speaks and normalised(item) in normalised(source):
        return True
    wanted, there = _units(source, strict=speaks), _units(item, strict=speaks)
    if not wanted:
        return False
    return len(wanted & there) < (STRICT if speaks else SHARED) * len(wanted)


def _units(text: str, *, strict: bool) -> set[str]:
    """Words by their first five letters, so that inflections agree; pairs of characters where words are not spaced.

    Strict: without function words, which any two sentences share.
    """
    words = normalised(text).split()
    if _script(text) in _SPACELESS:
        joined = "".join(words)
        return {joined[i : i + 2] for i in range(len(joined) - 1)} or {joined}
    return {word[:5] for word in words if not strict or word not in STOP_WORDS} or {word[:5] for word in words}
