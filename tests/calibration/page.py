"""docs/statistics.md: its tables, from what the full calibration runs found. Run it to write them anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import record

from augeval.types import Json

__all__ = ["PAGE", "TABLES", "filled"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"
MARK = re.compile(r"<!-- table: (\w+) -->\n.*?<!-- end -->", re.DOTALL)


def filled(text: str) -> str:
    """The page with every table between its marks written from docs/calibration."""

    def one(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"<!-- table: {name} -->\n{TABLES[name](record.read(name))}\n<!-- end -->"

    return MARK.sub(one, text)


def grid(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def percent(rate: float, low: float | None = None, high: float | None = None) -> str:
    """ "4.2 % (2.7 to 6.1)"."""
    around = "" if low is None or high is None else f" ({100 * low:.1f} to {100 * high:.1f})"
    return f"{100 * rate:.1f} %{around}"


def share(value: Mapping[str, Json]) -> str:
    """The same, of {"rate", "interval"}."""
    return percent(value["rate"], *value["interval"])


def points(value: Mapping[str, Json]) -> str:
    """ "+2.3 [0.4, 4.1]" of a gain in points."""
    text = f"{value['gain']:+.1f} [{value['low']:.1f}, {value['high']:.1f}]"
    return text.replace("-", "−")


def _confound(found: Json) -> str:
    rows = []
    for name, one in found.items():
        cells = [points(gain) + f", {gain['outcome'].replace('_', ' ')}" for gain in one["gains"].values()]
        rows.append((name.removeprefix("epochs "), *cells, "rings" if one["alarms"] else "silent"))
    head = ("passes", "copies against none", "label noise against copies", "label noise against none", "alarm")
    return grid(head, rows)


def _null(found: Json) -> str:
    settings = found["any of eight arms, [rate, low, high]"]
    rows = []
    for kind, title in (("aa", "identical arms"), ("twin", "twins")):
        alone = {name: by for name, by in settings.items() if name.startswith(f"{kind}, ") and not name.endswith("all")}
        for seeds, one in settings[f"{kind}, all"].items():
            worst = max(alone, key=lambda name: alone[name][seeds]["verdict"][0])  # used at once
            rows.append((title, seeds.split()[0], percent(*one["verdict"]),
                         f"{100 * alone[worst][seeds]['verdict'][0]:.1f} % ({worst.split(', ', 1)[1]})",
                         percent(*one["naive"])))  # fmt: skip
    each = found["setting"]["experiments of each setting"]
    head = (f"{4 * each} experiments", "seeds", "any false verdict", f"worst of four settings ({each} each)", "t-test")
    return grid(head, rows)


def _planted(found: Json) -> str:
    rows = []
    for name, by_seeds in found["rates as [rate, low, high]"].items():
        last = by_seeds if "arms" in by_seeds else by_seeds["20 seeds"]
        arms = {label.split(". ")[1]: one for label, one in last["arms"].items()}
        harm, weak = (next(arms[k] for k in names if k in arms) for names in (("noise:.4", "turned:.4"),
                                                                              ("noise:.2", "turned:.2")))  # fmt: skip
        new = next(arms[k] for k in ("swap", "new") if k in arms)
        found_harm, found_weak, found_help = (
            f"{100 * one[what][0]:.0f} % of {one['true gain, points']:+.1f}".replace("-", "−")
            for one, what in ((harm, "harms"), (weak, "harms"), (new, "helps"))
        )
        covered, wrong = percent(*last["all intervals cover"]), percent(*last["wrong direction"])
        rows.append((name, covered, wrong, found_harm, found_weak, found_help))
    head = ("20 seeds", "all intervals cover", "wrong direction", "40 % wrong labels found", "20 % wrong labels found",
            "help found (exact symmetry; real rows)")  # fmt: skip
    return grid(head, rows)


def _influence(found: Json) -> str:
    settings = found["of eight arms, [rate, low, high]"]
    metrics = ("average_precision", "roc_auc", "macro_f1", "balanced_accuracy", "ndcg by jackknife")
    rows = []
    for name, one in settings.items():
        cells = [
            f"{100 * one[m]['any interval misses'][0]:.0f}, {100 * one[m]['any verdict is wrong'][0]:.0f}"
            if m in one
            else "–"
            for m in metrics
        ]
        rows.append((name, *cells))
    setting = found["setting"]
    head = f"per cent of {setting['experiments']} experiments: any interval misses, any verdict is wrong"
    return grid((head, *(m.replace("_", " ") for m in metrics)), rows)


def _racing(found: Json) -> str:
    mixes = found["mixes"]
    rows = []
    for name in mixes["mixed"]:
        cells = []
        for mix in mixes:
            one = mixes[mix][name]
            kept = "–" if one["kept"] is None else f"{100 * one['kept'][0]:.1f}"
            cells.append(f"{100 * one['wrong'][0]:.1f} / {kept} / {100 * one['saved'][0]:.1f}")
        rows.append((f"**{name}**" if name.startswith("the default") else name, *cells))
    return grid(("per cent: any wrong verdict / decisions kept / fits saved", *mixes), rows)


def _rough(found: Json) -> str:
    rows = [(name, percent(*one["any verdict"])) for name, one in found["of eight arms, [rate, low, high]"].items()]
    return grid((f"8 arms without effect, {found['experiments']} experiments", "any false verdict"), rows)


def _unlike(found: Json) -> str:
    rates = found["any interval misses, [rate, low, high]"]
    rows = [(name, percent(*one)) for name, one in rates.items()]
    return grid((f"8 arms without effect, {found['experiments']} experiments", "any interval misses"), rows)


def _winner(found: Json) -> str:
    values = found["points above the true gain, and standard error"]
    rows = [(name, f"{mean:+.2f}".replace("-", "−"), f"{error:.2f}") for name, (mean, error) in values.items()]
    return grid((f"{found['experiments']} experiments", "points above the truth, 0", "standard error"), rows)


def _planner(found: Json) -> str:
    rows = [
        (one["design"], str(one["seeds"]), percent(one["planned"]),
         f"{percent(one['simulated'])} ± {100 * one['standard_error']:.1f}")
        for one in found["designs"]
    ]  # fmt: skip
    ridge = found["ridge fits"]
    simulated = percent(ridge["simulated"], ridge["low"], ridge["high"])
    rows.append(("real ridge fits, planned from pilots", str(ridge["seeds"]), percent(ridge["planned"]), simulated))
    return grid(("design", "seeds", "planned power", "simulated"), rows)


def _draws(found: Json) -> str:
    columns = {name: one for name, one in found["gaussian"].items()} | {
        name: one for name, one in found["real"].items() if isinstance(one, dict)
    }
    designs = [name for name in next(iter(columns.values())) if "10 draws" not in name]
    rows = []
    for name, one in columns.items():
        cells = [f"{one[d]['coverage']:.3f}, ±{one[d]['half_width']:.2f}" if d in one else "–" for d in designs]
        rows.append((("" if name in found["gaussian"] else "real fits: ") + name, *cells))
    return grid(("arm: coverage, half width in points", *designs), rows)


def _dose(found: Json) -> str:
    names = ("crossing missed", "false harmless", "false too much", "falsely recommended")
    curves = [*found["gaussian"], found["ridge"]]
    rows = [(one["curve"], str(one["seeds"]), *(share(one[n]) if n in one else "–" for n in names)) for one in curves]
    rows += [
        (f"4 × 3 grid, {one['grid']}", str(one["seeds"]), "–", "–", share(one["false too much, of a verdict"]),
         share(one["falsely recommended"]))
        for one in found["grid"]
    ]  # fmt: skip
    return grid((f"curve, {curves[0]['experiments']} experiments", "seeds", *names), rows)


def _worth(found: Json) -> str:
    rows = []
    for name, one in found["designs"].items():
        sizes = ", ".join(map(str, one["sizes"]))
        median = "–" if one["median worth"] is None else f"{one['median worth']:g}"
        covered = share(one["covered of those that help"])
        rows.append((name, sizes, str(one["more"]), median, covered))
    return grid(("design", "train sizes", "true rows", "median worth", "covered"), rows)


TABLES: dict[str, Callable[[Json], str]] = {
    "confound": _confound,
    "dose": _dose,
    "racing": _racing,
    "rough": _rough,
    "unlike": _unlike,
    "winner": _winner,
    "null": _null,
    "influence": _influence,
    "planner": _planner,
    "planted": _planted,
    "draws": _draws,
    "worth": _worth,
}

if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
