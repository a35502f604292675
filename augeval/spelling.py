"""How names and texts are spelled for a tracking server: unmistakable, short enough, harmless, without a password."""

from __future__ import annotations

import re
from hashlib import sha256

__all__ = ["cell", "cut", "metric_name", "without_credentials"]

NO_LETTER = r"[^\w.\- ]"
NAME_LENGTH = 200  # MLflow takes 250; "gain/…_confirmed_lo" needs some of them
_SECRET_VALUE = re.compile(r"(?i)([?&][\w.-]*(?:password|passwd|pwd|token|secret)[\w.-]*=)[^&\s\"')]+")


def metric_name(name: str) -> str:
    """A name that MLflow takes, and no other name's: "ndcg@10" -> "ndcg_at_10", "recall[bad]" -> "recall/bad".

    Letters, digits, "_", "-", ".", and blanks stay; one "@" becomes "_at_"; what stands in brackets at the end comes
    after a "/", which stands for nothing else; all else is spelled ":hex:". Where that could read as another name (a
    literal "_at_") or as a path (".."), the character is spelled instead.
    """
    head, bracket, tail = name.partition("[")
    if head and bracket and tail.endswith("]") and len(tail) > 1:
        return _short(f"{_step(head)}/{_step(tail[:-1])}", name)
    head, at, tail = name.partition("@")
    joined = f"{head}_at_{tail}"
    readable = bool(at) and "@" not in tail and len(re.findall("_(?=at_)", joined)) == 1
    mapped = f"{_spelled(head)}_at_{_spelled(tail)}" if readable else _spelled(name)
    if mapped in ("", "."):  # MLflow would read them as paths
        return "::" + "dot" * len(mapped)
    if mapped.startswith(".."):  # and this as one that leads out
        mapped = f":2e:{mapped[1:]}"
    return _short(mapped, name)


def without_credentials(text: str) -> str:
    """The text without "user:password@" in its addresses, nor the value of a "?password=" behind them."""
    return _SECRET_VALUE.sub(r"\1…", re.sub(r"(\w://)[^/\s]*@", r"\1", text))


def cell(text: str) -> str:
    """Text that came from data, made harmless in a Markdown table that is shown as HTML."""
    plain = without_credentials(" ".join(str(text).split()))
    return re.sub(r"([\\|`*_\[\]])", r"\\\1", plain.replace("&", "&amp;").replace("<", "&lt;"))


def cut(text: str, length: int) -> str:
    """At most so many characters; an ellipsis stands for the rest."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _step(text: str) -> str:
    """One step of a path, that a path cannot do without; none ends as a record's own "_lo"."""
    spelled = re.sub(rf"{NO_LETTER}|_(?=(lo|hi|confirmed)\Z)", _hex, text)
    return spelled if spelled.strip(".") else spelled.replace(".", ":2e:")


def _short(mapped: str, name: str) -> str:
    if len(mapped) <= NAME_LENGTH:
        return mapped
    return f"{mapped[:100].rstrip('/.')}::{sha256(name.encode(errors='surrogatepass')).hexdigest()}"


def _spelled(text: str) -> str:
    return re.sub(rf"{NO_LETTER}|_(?=at_)", _hex, text)


def _hex(found: re.Match[str]) -> str:
    return f":{ord(found[0]):x}:"
