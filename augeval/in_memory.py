"""Rows, estimators, samplers and functions of the caller's own -> what an experiment names; in this process only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from augeval import extend, registry
from augeval.data.assemble import Rows, finish
from augeval.data.columns import classes_of, column_of, groups_of
from augeval.data.tables import Table
from augeval.errors import InputError
from augeval.experiment.arms import dose_faults, doses, param_faults
from augeval.experiment.refusals import Reader
from augeval.experiment.written import KeepIf
from augeval.extend import AugmenterPlugin, DatasetPlugin, MetricPlugin, ModelPlugin, Plugin
from augeval.types import Arm, Column, Dataset, Examples, Modality, Spec

__all__ = [
    "Labels",
    "Names",
    "arms_of",
    "dataset_of",
    "labels_of",
    "metric_of",
    "model_of",
    "register_dataset",
    "rows_of",
]

DOSES = ("magnitude", "ratio", "balance")
LONGEST_NAME = 60
SOURCE = "arrays in memory"


@dataclass(frozen=True)
class Labels:
    """Classes as augeval numbers them, and the caller's own values of them."""

    classes: tuple[str, ...]
    y: NDArray[np.int64]
    values: NDArray[Any]


@dataclass
class Names:
    """Registers objects under names of this process; two objects of one call never share a name.

    Objects of an earlier call are replaced: they can only be reached through the names.
    """

    taken: dict[tuple[registry.Kind, str], Plugin] = field(default_factory=dict)

    def register(self, kind: registry.Kind, name: str, plugin: Plugin) -> str:
        """The name under which the harness finds the plug-in."""
        # A colon would make a dotted path of it, and blanks in a row come from estimators that print over lines.
        plain = " ".join(name.replace(":", "=").split())
        chosen, number = plain, 2
        while registry.is_builtin(kind, chosen) or self.taken.get((kind, chosen), plugin) is not plugin:
            chosen, number = f"{plain} {number}", number + 1
        self.taken[kind, chosen] = plugin
        registry.register(kind, chosen, plugin)
        return chosen


def dataset_of(X: Any, y: Any, groups: Any = None, *, name: str = "data") -> Dataset:  # whatever array-like there is
    """Arrays as a dataset.

    Args:
        X: as in `rows_of`. y: (n,) labels. groups: (n,) rows with the same value are never split, or None.
        name: what reports call it.

    Raises:
        InputError: lengths differ, one class only, missing values where none may be.
    """
    modality, x, columns = rows_of(X)
    labels = labels_of(y, len(x))
    codes = None
    if groups is not None:
        codes = groups_of(
            Table("groups", {"groups": _listed(groups, "groups", len(x))}, range(len(x)), "row"), "groups"
        )
    nothing = Examples(x[:0], labels.y[:0], np.arange(0))
    bare = Dataset(name, modality, nothing, labels.classes, columns, source=SOURCE)
    return finish(bare, Rows(x, labels.y, len(x), codes))


def rows_of(X: Any) -> tuple[Modality, NDArray[Any], tuple[Column, ...] | None]:  # whatever array-like there is
    """What kind of rows they are.

    Args:
        X: a list or array of n str; an (n, d) array of numbers or a DataFrame; (n, h, w) or (n, h, w, c) uint8 images.

    Returns:
        The modality; the rows as `Examples.x` wants them; columns of a table, else None.

    Raises:
        InputError: none of these; an empty text; an infinite number.
    """
    if hasattr(X, "columns") and hasattr(X, "dtypes"):
        return ("tabular", *_frame(X))
    array = _array(X)
    if array.ndim == 1 and (not len(array) or any(isinstance(row, str) for row in array)):
        return "text", _texts(array), None
    if array.ndim in (3, 4) and array.dtype == np.uint8:
        return "image", array if array.ndim == 4 else array[..., None], None
    if array.ndim == 2 and array.dtype.kind in "fiub":
        table = array.astype(np.float64)
        if np.isinf(table).any():
            row, column = (int(i) for i in np.argwhere(np.isinf(table))[0])
            raise InputError(f"X holds an infinite number (row {row}, column {column}). Remove it, or set it to nan.")
        return "tabular", table, tuple(Column(f"x{i}", "numeric") for i in range(array.shape[1]))
    raise InputError(
        f"X of shape {array.shape} and type {array.dtype} is nothing that augeval knows. Wanted: n texts, an (n, d) "
        "array of numbers, a DataFrame, or (n, h, w, c) uint8 images."
    )


def _array(X: Any) -> NDArray[Any]:  # whatever array-like there is
    listed = isinstance(X, list | tuple)
    if listed and any(isinstance(row, str) for row in X):
        return np.array(X, object)  # numpy would write nan and numbers among texts as words
    try:
        return np.asarray(X)
    except ValueError as error:  # rows of several shapes
        shapes = [np.shape(row) for row in X]
        odd = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), None)
        if odd is None:
            raise InputError(f"X is no array: {error}.") from error
        raise InputError(
            f"Row {odd} of X has the shape {shapes[odd]}, and row 0 has {shapes[0]}. Bring all rows to one shape."
        ) from error


def _texts(array: NDArray[Any]) -> NDArray[Any]:
    for row, text in enumerate(array):
        if not isinstance(text, str):
            raise InputError(f"Row {row} of X is {text!r}, and others are texts. Remove it, or write its text.")
    empty = [row for row, text in enumerate(array) if not text.strip()]
    if empty:
        raise InputError(f"The text of row {empty[0]} is empty ({len(empty)} are). Remove such rows.")
    texts = np.empty(len(array), object)
    texts[:] = [str(text) for text in array]
    return texts


def _frame(frame: Any) -> tuple[NDArray[np.float64], tuple[Column, ...]]:  # a DataFrame
    """A table; columns of words, categories and truth values become codes."""
    cells = {str(name): [None if missing else value for value, missing in
                         zip(frame[name].tolist(), frame[name].isna().tolist(), strict=True)]
             for name in frame.columns}  # fmt: skip
    table = Table("X", cells, range(len(frame)), "row")
    categorical = {str(name): str(frame[name].dtype) == "category" for name in frame.columns}
    made = [column_of(table, name, categorical[name]) for name in cells]
    x = np.column_stack([values for _, values in made]) if made else np.empty((len(frame), 0))
    return x, tuple(column for column, _ in made)


def labels_of(y: Any, n: int) -> Labels:
    """Labels as classes, sorted as those of a file are.

    Args:
        y: (n,) str, int, bool or float values. n: rows that they are for.

    Raises:
        InputError: another number of labels, or a missing one.
    """
    cells = _listed(y, "y", n)
    found = classes_of(Table("y", {"y": cells}, range(n), "row"), "y")
    first = [int(np.flatnonzero(found.y == c)[0]) for c in range(len(found.names))]
    values = np.asarray(y)[first] if n else np.empty(0, object)
    return Labels(found.names, found.y, values)


def _listed(values: Any, what: str, n: int) -> list[Any]:  # an array-like
    listed = np.asarray(values).tolist()
    if not isinstance(listed, list) or len(listed) != n:
        raise InputError(f"{what} has {len(listed) if isinstance(listed, list) else 'no'} values for {n} rows of X.")
    return listed


def arms_of(given: Sequence[Any], modality: Modality, names: Names, defaults: Mapping[str, Any]) -> tuple[Arm, ...]:
    """Arms as a caller writes them.

    Args:
        given: an `Arm`; a name; an object (imbalanced-learn sampler, plug-in, function of one row); a pair of a
            name or object with {"magnitude", "ratio", "balance", "scope", "keep_if", and the augmenter's own
            parameters}; or one such dict with "augmenter" in it, as in a file.
        modality: of the rows. names: registers the objects.
        defaults: ratio, balance or scope of arms that make rows and name none. Samplers are used to balance: without
            any they bring every class to the size of the largest.

    Raises:
        InputError: something is no augmenter, or a dose or parameter that it does not take.
    """
    arms: list[Arm] = []
    for item in [given] if isinstance(given, str | Arm | Mapping) else given:
        arms += [item] if isinstance(item, Arm) else _doses(item, modality, names, defaults)
    twice = [arm.label for position, arm in enumerate(arms) if arm in arms[:position]]
    if twice:
        raise InputError(f"The arm '{twice[0]}' is listed twice. Remove one.")
    if not arms:
        raise InputError("There is no arm to judge. Name at least one augmenter, such as 'duplicate'.")
    return tuple(arms)


def _doses(item: Any, modality: Modality, names: Names, defaults: Mapping[str, Any]) -> tuple[Arm, ...]:
    if isinstance(item, Mapping) and "augmenter" in item:
        item = (item["augmenter"], {key: value for key, value in item.items() if key != "augmenter"})
    what, settings = item if isinstance(item, tuple) and len(item) == 2 else (item, {})
    name, is_sampler = _augmenter(what, modality, names)
    plugin: AugmenterPlugin = registry.get("augmenter", name, allow_code=True)
    written = {key: _several(value) for key, value in settings.items() if key in DOSES and value is not None}
    params = {key: value for key, value in settings.items() if key not in (*DOSES, "targets", "scope", "keep_if")}
    written |= {"targets": settings["targets"]} if settings.get("targets") else {}
    filters = _filters(settings.get("keep_if"))
    scope = settings.get("scope", defaults.get("scope"))
    makes = plugin.form not in ("weights", "none") and plugin.balances
    if makes and not {"ratio", "balance", "targets"} & set(written):
        fallback = {"balance": [1.0]} if is_sampler else {}
        keys = ("balance",) if plugin.form == "subset" else ("ratio", "balance")
        chosen = {key: _several(defaults[key]) for key in keys if defaults.get(key) is not None}
        written |= chosen or fallback
        if is_sampler and not chosen and scope is None:
            scope = "minority"
    given = {**written, "keep_if": filters} if filters else written
    faults = [
        *param_faults("augmenter", name, params, (*DOSES, "targets", "scope", "keep_if")),
        *dose_faults(name, plugin, given),
    ]
    if faults:
        raise InputError(f"The arm {name}: " + " ".join(message for _, message in faults))
    return doses(Spec(name, params), plugin, written, _scope(scope), filters)


def _filters(given: Any) -> dict[str, Any]:
    """`keep_if`, refused in the words of an experiment file."""
    if given is None:
        return {}
    try:
        return KeepIf.model_validate(given).filters
    except ValidationError as error:
        reader = Reader(None)
        reader.refused(error, ("keep_if",), KeepIf)
        raise InputError(" ".join(f"keep_if: {problem.message}" for problem in reader.problems)) from error


def _scope(given: Any) -> str | tuple[str, ...]:
    """Labels as the names of their classes."""
    if given is None or isinstance(given, str):
        return given or "all"
    return tuple(sorted(map(str, np.atleast_1d(given).tolist())))


def _several(value: Any) -> list[float]:
    return [float(v) for v in value] if isinstance(value, list | tuple | np.ndarray) else [float(value)]


def _augmenter(what: Any, modality: Modality, names: Names) -> tuple[str, bool]:
    """The name of an augmenter, and whether it is a sampler."""
    if isinstance(what, str):
        return what, hasattr(_found(what), "fit_resample")
    if isinstance(what, AugmenterPlugin):
        return _own("augmenter", what, names), False
    if hasattr(what, "fit_resample"):
        lift = registry.builtin_function("augeval.augment.samplers:from_sampler")
        return names.register("augmenter", _called(what), lift(_called(what), what)), True
    if registry.builtin_function("augeval.augment.foreign:is_liftable")(what):
        lift = registry.builtin_function("augeval.augment.foreign:from_foreign")
        takes = () if hasattr(what, "augment") else (modality,)
        return names.register("augmenter", _called(what), lift(_called(what), what, takes)), False
    raise InputError(
        f"{what!r} is no arm. Wanted: a name such as 'duplicate', an imbalanced-learn sampler, a function of one row, "
        "an Arm, or a pair of these with a dict of doses: ('jitter', {'magnitude': [0.1, 0.3], 'ratio': 2})."
    )


def _found(name: str) -> object:
    """The library's class that a dotted name stands for; it decides what the usual dose is."""
    if not registry.is_dotted(name):
        return None
    return getattr(registry.get("augmenter", name, allow_code=True).fn, "__wrapped__", None)


def _own(kind: registry.Kind, plugin: Plugin, names: Names) -> str:
    """The name of a decorated function; a built-in one keeps its own."""
    name: str = plugin.name
    ours = registry.is_builtin(kind, name) and registry.get(kind, name) is plugin
    return name if ours else names.register(kind, name, plugin)


def _called(what: object) -> str:
    """A short name: of a function, or of an object with the parameters that were set."""
    name = getattr(what, "__name__", None)
    if name:
        return "function" if name == "<lambda>" else str(name)
    text = " ".join(repr(what).split()).removesuffix("()")
    return text if len(text) <= LONGEST_NAME else type(what).__name__


def model_of(what: Any, names: Names) -> Spec:
    """A model: a name, a pair of a name and parameters, a decorated function, or a scikit-learn estimator.

    Raises:
        InputError: none of these.
    """
    if isinstance(what, Spec):
        return what
    if isinstance(what, str):
        return Spec(what)
    if isinstance(what, tuple) and len(what) == 2:
        return Spec(model_of(what[0], names).name, dict(what[1]))
    if isinstance(what, ModelPlugin):
        return Spec(_own("model", what, names))
    if hasattr(what, "fit"):
        lift = registry.builtin_function("augeval.models.estimators:from_estimator")
        return Spec(names.register("model", _called(what), lift(_called(what), what)))
    raise InputError(f"{what!r} is no model. Wanted: a name such as 'logistic', or a scikit-learn classifier.")


def metric_of(what: Any, names: Names) -> str:
    """A metric: a name, a decorated function, or a plain one in [0, 1] where higher is better.

    Raises:
        InputError: none of these.
    """
    if isinstance(what, str):
        return what
    if isinstance(what, MetricPlugin):
        return _own("metric", what, names)
    if callable(what):
        return names.register("metric", _called(what), extend.metric(name=_called(what))(what))
    raise InputError(f"{what!r} is no metric. Wanted: a name such as 'accuracy', or a function of (y, scores).")


def register_dataset(dataset: Dataset, names: Names) -> dict[str, str]:
    """The entry of an experiment that stands for these rows; the digest in it keeps two datasets of one name apart."""

    def rows(*, content: str) -> Dataset:
        assert content == dataset.fingerprint, "the rows of this name were replaced by a later call"
        return dataset

    plugin = DatasetPlugin(name=dataset.name, fn=rows, modalities=(dataset.modality,))
    return {"name": names.register("dataset", dataset.name, plugin), "content": dataset.fingerprint}
