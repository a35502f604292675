"""Keys about fair comparison: how many replicates, which of them share augmented rows, which rows are held out."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from augeval.experiment.values import Entry, Faults, Part, Share, as_count

__all__ = ["Draws", "Seeds", "SplitSettings"]

LEAST_RACE = 6  # replicates; with fewer the first look, at three or more, is the last one too


class Draws(Entry):
    """How many versions of each augmented row there are, and which seeds see them."""

    count: Annotated[int | Literal["seeds"], BeforeValidator(as_count)] = Field(
        default=8, description="Versions of each augmented row; `seeds` for one per seed."
    )
    design: Literal["auto", "crossed", "nested"] = Field(
        default="auto",
        description="Every seed fits every version (crossed), each takes one in turn (nested), or crossed "
        "where fits are cheap and rows costly, else one per seed (auto).",
    )

    @model_validator(mode="after")
    def _fits(self) -> Draws:
        if self.count == "seeds" and self.design != "auto":
            raise Faults([("design", "a version for every seed is shared by none; remove the key, or give a count.")])
        return self


class Seeds(Entry):
    """How many replicates, and whether arms that are decided early stop early."""

    max: int = Field(ge=2, le=1000, description="Most replicates of an arm.")
    race: bool = Field(default=False, description="Whether arms stop at the first look that decides them.")
    looks: list[Annotated[int, Field(ge=3)]] | None = Field(
        default=None, description="Replicates after which a race looks; ascending, `max` the last."
    )
    futility: Part | None = Field(
        default=None, description="Chance of a decision below which an arm is given up; 0 gives none up."
    )

    @model_validator(mode="after")
    def _fits(self) -> Seeds:
        if not self.race:
            given = [key for key in ("looks", "futility") if getattr(self, key) is not None]
            if given:
                raise Faults([(key, f"'{key}' belongs to a race. Add race: true, or remove it.") for key in given])
        elif self.max < LEAST_RACE:
            raise Faults([("max", f"a race needs at least {LEAST_RACE} replicates, not {self.max}.")])
        looks = self.looks or []
        if any(b <= a for a, b in pairwise(looks)) or (looks and looks[-1] != self.max):
            raise Faults([("looks", f"wanted ascending numbers of replicates that end at max, {self.max}.")])
        return self


class SplitSettings(Entry):
    """How the rows are divided."""

    test: Share = Field(
        default=0.4, description="Share of the rows that is held out; an official test set takes its place."
    )
    valid: Part = Field(default=0.0, description="Share of the rows kept for models that stop early.")
    mode: Literal["auto", "fixed", "splits"] = Field(
        default="auto",
        description="One test set for all seeds (fixed), one each (splits), or by the number of rows (auto).",
    )
    disjoint: Literal["auto", True, False] = Field(
        default="auto",
        description="Whether no two seeds share a training row, so that verdicts hold for new training sets "
        "(auto: where the test set is fixed and the other rows suffice).",
    )

    @model_validator(mode="after")
    def _leave_rows(self) -> SplitSettings:
        if self.test + self.valid >= 1:
            raise Faults([("", f"test {self.test:g} and valid {self.valid:g} together leave no row to train on.")])
        return self
