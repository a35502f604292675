"""What the sentinels of a run say: quietly where they are silent, at the top where one rings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augeval.report.wording import count

__all__ = ["careful", "lines", "ringing", "rung"]


def lines(summary: Mapping[str, Any]) -> list[str]:
    """What each sentinel says, with its dataset."""
    return [f"{sentinel['dataset']}: {sentinel['text']}" for sentinel in summary.get("sentinels", ())]


def rung(summary: Mapping[str, Any]) -> list[bool]:
    """Whether each found a signal."""
    return [bool(sentinel["rings"]) for sentinel in summary.get("sentinels", ())]


def ringing(summary: Mapping[str, Any]) -> list[str]:
    """What those say that found a signal."""
    return [line for line, rings in zip(lines(summary), rung(summary), strict=True) if rings]


def careful(summary: Mapping[str, Any]) -> str:
    """A sentence for the headline, or "" where none rings."""
    found = [
        (reading["auc"], reading["arm"], sentinel["dataset"])
        for sentinel in summary.get("sentinels", ())
        for reading in sentinel["readings"]
        if reading["rings"]
    ]
    if not found:
        return ""
    auc, arm, dataset = max(found)
    also = f" (and {count(len(found) - 1, 'more arm')})" if len(found) > 1 else ""
    return (
        f"Careful: labels of held-out rows leak. On {dataset} with permuted labels, which nothing can tell, "
        f"{arm}{also} reaches AUC {auc:.2f}, so believe no gain there."
    )
