"""Everything beside dataset, model, arm, seed and size that a cell's numbers depend on, written into its key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from augeval import registry
from augeval.config import Study
from augeval.data import splits
from augeval.errors import InputError
from augeval.extend import AugmenterPlugin, MetricPlugin, Plugin
from augeval.metrics.treated import SEMANTICS as TREATED
from augeval.run.measured import needs_folds
from augeval.types import Arm, Json, Spec

__all__ = ["DEFAULT_ENCODER", "SEMANTICS", "Recipe", "augmenter_of", "has_encoder", "version_of"]

SEMANTICS = 1  # of split, apply and score together: raised by hand when the same cell would give another number
DEFAULT_ENCODER = "all-MiniLM-L6-v2"


@dataclass(frozen=True)
class Recipe:
    """What a cell of a model and an arm is made with.

    Args:
        study: what the user wrote. split: how rows are divided, as `splits.split` takes it.
        judge: encoder of the drift, or None. allow_code: whether dotted names may be looked up.
    """

    study: Study
    split: Mapping[str, Json]
    judge: str | None
    allow_code: bool

    def __call__(self, model: Spec, arm: Arm) -> dict[str, Json]:
        located = augmenter_of(arm, self.allow_code).located(arm.augmenter.params, self.study.dataset.folder)
        plugins: dict[registry.Kind, Spec] = {"augmenter": Spec(arm.augmenter.name, located), "model": model}
        metrics = {name: version_of("metric", name, self.allow_code) for name in
                   (self.study.metrics.primary, *self.study.metrics.also)}  # fmt: skip
        return {
            "semantics": SEMANTICS,
            "split": dict(self.split),
            "judge": self.judge,
            "text_encoder": DEFAULT_ENCODER if has_encoder(DEFAULT_ENCODER) else None,
            "drift_rows": self.study.drift_rows,
            "examples": self.study.examples,
            "metrics": metrics,
            **({} if self.study.impute is None else {"impute": self.study.impute}),
            **({} if self.study.metrics.costs is None else {"costs": self.study.metrics.costs}),
            **{kind: version_of(kind, spec.name, self.allow_code, spec.params) for kind, spec in plugins.items()},
            **_rows_made_elsewhere(arm, self.study.dataset.folder),
            **self._inner_folds(arm, metrics),
        }

    def _inner_folds(self, arm: Arm, metrics: Iterable[str]) -> dict[str, Json]:
        """How many, where scores of training rows are wanted: cells without them keep the keys that they always had."""
        augmenter = augmenter_of(arm, self.allow_code)
        if not needs_folds(metrics, augmenter):
            return {}
        tuned = augmenter.tunes_for(arm.augmenter.params)
        return {"folds": splits.FOLDS, **({} if tuned is None else {"decides": self._moved(tuned)})}

    def _moved(self, metric: str) -> Json:
        """The version of what a cut is moved for; and of the moving, from the second one on: others keep their keys."""
        version = version_of("metric", metric, self.allow_code)
        return version if TREATED["tuned"] == 1 else [version, TREATED["tuned"]]


def augmenter_of(arm: Arm, allow_code: bool) -> AugmenterPlugin:
    """The augmenter that an arm names."""
    plugin: AugmenterPlugin = registry.get("augmenter", arm.augmenter.name, allow_code=allow_code)
    return plugin


def _rows_made_elsewhere(arm: Arm, folder: str | None) -> dict[str, Json]:
    """The content of the file that an arm names, since its name says nothing of it; raises where there is none."""
    named = arm.augmenter.params.get("path")
    if not isinstance(named, str):
        return {}
    path = Path(folder or ".", named)
    if not path.is_file():
        raise InputError(f"The arm {arm.label} names the file {path}, and there is none.")
    return {"file": hashlib.sha256(path.read_bytes()).hexdigest()}


def version_of(kind: registry.Kind, name: str, allow_code: bool, params: Mapping[str, Json] | None = None) -> Json:
    """What tells one version of a plug-in from another: a number for a built-in one, else a digest of its source."""
    plugin: Plugin = registry.get(kind, name, allow_code=allow_code)
    version: Json = plugin.semantics if registry.is_builtin(kind, name) else plugin.code_digest
    if isinstance(plugin, MetricPlugin) and plugin.treatment:
        return [version, TREATED[plugin.treatment]]
    # An augmenter's database, or translator: its content is part of what it does.
    content = plugin.needed(params or {}) if isinstance(plugin, AugmenterPlugin) else None
    return [version, content] if content is not None else version


def has_encoder(name: str) -> bool:
    """Whether a text encoder of this name is installed, or lies in a folder."""
    return registry.builtin_function("augeval.models.encoders:find_encoder")(name) is not None
