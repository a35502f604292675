"""name -> object: built in, entry point, or package.module:attribute.

Built-in names resolve to a module and an attribute, so that asking for one imports one module and nothing else.
A dotted path runs project code and needs `allow_code`; classes of scikit-learn and imbalanced-learn do not, since
they are dependencies that pip installed already.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from augeval.errors import CodeNotAllowedError, InputError, UnknownNameError, did_you_mean
from augeval.extend import AugmenterPlugin, DatasetPlugin, MetricPlugin, ModelPlugin, Plugin
from augeval.told import base_of, head_of, split_name, treatment_of, with_argument, with_treatment

__all__ = [
    "Kind",
    "describe_source",
    "get",
    "is_builtin",
    "is_dotted",
    "known",
    "needs_permission",
    "register",
]

Kind = Literal["augmenter", "model", "metric", "dataset"]
PLUGIN_TYPES: dict[Kind, type[Plugin]] = {
    "augmenter": AugmenterPlugin,
    "model": ModelPlugin,
    "metric": MetricPlugin,
    "dataset": DatasetPlugin,
}
BUILTIN: dict[Kind, dict[str, str]] = {
    "augmenter": {
        **dict.fromkeys(
            ("none", "duplicate", "shuffle_labels", "class_weight", "random_over", "tuned_threshold"),
            "augeval.augment.controls",
        ),
        **dict.fromkeys(
            ("random_deletion", "random_swap", "random_insertion", "synonym", "synonym_embedding"),
            "augeval.augment.text",
        ),
        "eda": "augeval.augment.eda",
        **dict.fromkeys(("keyboard_noise", "ocr_noise", "character_noise"), "augeval.augment.noise"),
        "contraction": "augeval.augment.contractions",
        "sentence_shuffle": "augeval.augment.sentences",
        **dict.fromkeys(("negation_insertion", "antonym_swap"), "augeval.augment.meaning"),
        **dict.fromkeys(
            ("horizontal_flip", "crop", "shift", "rotation", "colour_jitter", "gaussian_noise", "erasing"),
            "augeval.augment.image",
        ),
        "back_translation": "augeval.augment.translate",
        **dict.fromkeys(("smote", "borderline_smote"), "augeval.augment.oversampling"),
        **dict.fromkeys(("svm_smote", "kmeans_smote", "adasyn"), "augeval.augment.smote_kin"),
        **dict.fromkeys(("smote_enn", "smote_tomek"), "augeval.augment.combined"),
        **dict.fromkeys(
            ("random_under", "near_miss", "cluster_centroids", "instance_hardness"), "augeval.augment.undersampling"
        ),
        **dict.fromkeys(
            (
                "tomek_links", "edited_nearest_neighbours", "repeated_edited_nearest_neighbours", "all_knn",
                "neighbourhood_cleaning_rule", "condensed_nearest_neighbour", "one_sided_selection",
            ),
            "augeval.augment.cleaning",
        ),
        **dict.fromkeys(("categorical_swap", "column_bootstrap", "interpolation"), "augeval.augment.mixing"),
        **dict.fromkeys(("jitter", "rose"), "augeval.augment.tabular"),
        "file": "augeval.augment.files",
        "llm_paraphrase": "augeval.augment.llm.paraphrase",
    },
    "model": {
        **dict.fromkeys(
            ("embedding_logistic", "tfidf_logistic", "pixels_logistic", "logistic"), "augeval.models.linear"
        ),
        "small_cnn": "augeval.models.neural",
        "text_cnn": "augeval.models.text_cnn",
        "hist_gradient_boosting": "augeval.models.estimators",
        "random_forest": "augeval.models.forests",
    },
    "metric": {
        **dict.fromkeys(
            ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "average_precision"),
            "augeval.metrics.classification",
        ),
        **dict.fromkeys(
            ("recall", "precision", "minority_recall", "minority_precision", "rare_recall", "g_mean", "mcc", "cost"),
            "augeval.metrics.rates",
        ),
        **dict.fromkeys(("recall_at_precision", "precision_at_recall"), "augeval.metrics.thresholds"),
        **dict.fromkeys(("log_loss", "brier", "ece"), "augeval.metrics.calibration"),
    },
    "dataset": dict.fromkeys(
        (
            "docstrings", "docstring_search", "digits", "digits_rare", "digits_canvas",
            "breast_cancer", "breast_cancer_rare", "wine",
        ),
        "augeval.data.bundled",
    ),
}  # fmt: skip
TRUSTED_LIBRARIES = ("sklearn", "imblearn")
_registered: dict[tuple[Kind, str], Plugin] = {}


def register(kind: Kind, name: str, plugin: Plugin) -> None:
    """Name an object that lives in this process only (`augeval.compare`, tests)."""
    _registered[kind, name] = plugin


def known(kind: Kind) -> list[str]:
    """Every name of this kind that needs no dotted path, sorted."""
    entry_points = [point.name for point in metadata.entry_points(group=f"augeval.{kind}")]
    return sorted({*BUILTIN[kind], *entry_points, *(name for of, name in _registered if of == kind)})


def is_builtin(kind: Kind, name: str) -> bool:
    """Whether augeval ships it (its cells then carry a `semantics` number instead of a source digest)."""
    return _head(kind, name) in BUILTIN[kind]


def is_dotted(name: str) -> bool:
    """Whether the name is a path of the form package.module:attribute."""
    return ":" in head_of(name)


def needs_permission(name: str) -> bool:
    """Whether resolving the name would run code that pip did not already install as a dependency."""
    return is_dotted(name) and name.split(":")[0].split(".")[0] not in TRUSTED_LIBRARIES


def describe_source(kind: Kind, name: str) -> str:
    """Where a name comes from: "built in", "entry point of PACKAGE", "dotted path" or "this process"."""
    if is_builtin(kind, name):
        return "built in"
    if (kind, name) in _registered or (kind, _head(kind, name)) in _registered:
        return "this process"
    if is_dotted(name):
        return "dotted path"
    for point in metadata.entry_points(group=f"augeval.{kind}", name=_head(kind, name)):
        return f"entry point of {point.dist.name if point.dist else point.value}"
    return "unknown"


def get(kind: Kind, name: str, *, allow_code: bool = False) -> Any:  # the plug-in type of the kind
    """The plug-in that a name stands for; `recall[bad]@tuned` is `recall` of that class, with that treatment.

    Raises:
        UnknownNameError: no registry knows the name; names the nearest one.
        CodeNotAllowedError: a dotted path of the project's own code without `allow_code`.
        InputError: the module or attribute does not exist, or is not what the kind takes.
    """
    if (kind, name) in _registered:
        return _registered[kind, name]
    if kind == "metric" and (treatment := treatment_of(name)) is not None:
        return with_treatment(get(kind, base_of(name), allow_code=allow_code), treatment)
    if kind == "metric" and (argument := split_name(name)[1]) is not None:
        return with_argument(get(kind, head_of(name), allow_code=allow_code), argument)
    if is_builtin(kind, name):
        return getattr(importlib.import_module(BUILTIN[kind][name]), name)
    for point in metadata.entry_points(group=f"augeval.{kind}", name=name):
        return _as_plugin(kind, name, point.load())
    if is_dotted(name):
        return _as_plugin(kind, name, _import_path(kind, name, allow_code))
    names = known(kind)
    raise UnknownNameError(
        f"No {kind} is called '{name}'.{did_you_mean(name, names)} Known: {', '.join(names)}. "
        f"Your own: package.module:attribute."
    )


def _head(kind: Kind, name: str) -> str:
    """The name under which a registry has it."""
    return head_of(name) if kind == "metric" else name


def _import_path(kind: Kind, name: str, allow_code: bool) -> object:
    trusted = not needs_permission(name)
    if not (allow_code or trusted):
        raise CodeNotAllowedError(
            f"The {kind} '{name}' names Python code, which runs with your rights. Allow it with --allow-code, or with "
            f'allow-code = ["{name.split(":")[0]}"] under [tool.augeval] in the project\'s pyproject.toml.'
        )
    module_name, _, attribute = name.partition(":")
    if not trusted and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: object = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:  # the module is the user's own, and may raise anything while it is imported
        kept = isinstance(error, ImportError | AttributeError)
        said = f"{error}" if kept else f"{type(error).__name__}: {error}"
        raise InputError(f"The {kind} '{name}' cannot be imported: {said}.") from error
    home = getattr(found, "__module__", "")
    if trusted and not (inspect.isclass(found) and home.split(".")[0] in TRUSTED_LIBRARIES):
        raise CodeNotAllowedError(
            f"'{name}' is not a class of {' or '.join(TRUSTED_LIBRARIES)}; it needs --allow-code."
        )
    return found


def _as_plugin(kind: Kind, name: str, found: object) -> Plugin:
    """The object itself, or lifted: a sampler, an estimator class, another library's augmenter, a plain function."""
    if isinstance(found, PLUGIN_TYPES[kind]):
        return found
    lifters: dict[Kind, tuple[str, str, str]] = {
        "augmenter": ("fit_resample", "augeval.augment.tabular", "from_sampler"),
        "model": ("fit", "augeval.models.estimators", "from_estimator"),
    }
    if kind in lifters and hasattr(found, lifters[kind][0]):
        lift: Callable[[str, object], Plugin] = getattr(importlib.import_module(lifters[kind][1]), lifters[kind][2])
        return lift(name, found)
    if kind == "dataset" and callable(found):
        return DatasetPlugin(name=name, fn=found, modalities=())
    foreign = importlib.import_module("augeval.augment.foreign") if kind == "augmenter" else None
    if foreign is not None and not isinstance(found, Plugin) and foreign.is_liftable(found):
        plugin: Plugin = foreign.from_foreign(name, found)
        return plugin
    raise InputError(
        f"'{name}' is {type(found).__name__}, not a {kind}. Decorate it with @augeval.{kind}(…)"
        + (", or name something with fit_resample, with augment, or a function." if kind == "augmenter" else ".")
    )


def builtin_function(path: str) -> Any:  # a function of a room, typed where it is used
    """A function of one of augeval's own rooms, by module:name; how `run` reaches a room that it may not import."""
    module, _, name = path.partition(":")
    assert module.startswith("augeval."), path
    return getattr(importlib.import_module(module), name)
