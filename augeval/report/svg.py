"""A matplotlib figure as SVG that a page with a strict policy can hold inline: no style attributes, no foreign ids.

Colours and fonts become presentation attributes, which the page's style sheet may override: that is how a figure
follows dark mode. Text stays text, in the page's own font.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw"]

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
SETTINGS: dict[Any, Any] = {  # matplotlib types each key
    "svg.fonttype": "none", "svg.hashsalt": "augeval", "text.parse_math": False, "font.size": 8,
    "font.family": "DejaVu Sans", "axes.unicode_minus": True, "path.simplify": False,
}  # fmt: skip
_DROPPED = {"metadata", "style"}
_KEPT_STYLES = (
    "fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linecap",
    "stroke-linejoin", "opacity", "text-anchor",
)  # fmt: skip


def draw(paint: Callable[[Figure], None], size: tuple[float, float], name: str, title: str) -> str:
    """The SVG element of what `paint` draws.

    Args:
        paint: draws on an empty figure; must put no text on it that came from data.
        size: width and height in points. name: starts every id, and must differ from other figures of the page.
        title: what the figure shows, for those who cannot see it; any text.

    Returns:
        An `<svg>` element with a viewBox and no width; the same call gives the same bytes.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the user's matplotlibrc says
        matplotlib.rcParams.update(SETTINGS)
        figure = Figure(figsize=(size[0] / 72, size[1] / 72), frameon=False)
        paint(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _inline(buffer.getvalue(), name, title)


def _inline(source: bytes, name: str, title: str) -> str:
    root = ElementTree.fromstring(source)
    _clean(root)
    _own_ids(root, name)
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.attrib |= {"class": "fig", "role": "img", "aria-labelledby": f"{name}-title"}
    about = ElementTree.Element(f"{SVG}title", {"id": f"{name}-title"})
    about.text = title
    root.insert(0, about)
    text = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    return re.sub(r"\s*\n\s*", "\n", text.replace("ns0:", "").replace("xmlns:ns0", "xmlns"))


def _clean(element: ElementTree.Element) -> None:
    """Drop what the page must not hold, and turn styles into attributes, all the way down."""
    kept = []
    for child in list(element):
        if child.tag.startswith(SVG) and child.tag.removeprefix(SVG) not in _DROPPED:
            _clean(child)
            kept += list(child) if child.tag == f"{SVG}g" and not set(child.attrib) - {"id"} else [child]
        element.remove(child)
    element.extend(kept)
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    element.attrib |= _attributes(element.attrib.pop("style", ""))
    if HREF in element.attrib:
        element.attrib["href"] = element.attrib.pop(HREF)
    for name in ("d", "transform", "x", "y", "width", "height"):
        if name in element.attrib:
            element.attrib[name] = _rounded(element.attrib[name])


def _attributes(style: str) -> dict[str, str]:
    """ "fill: #fff; font: 8px 'DejaVu Sans'" -> {"fill": "#fff", "font-size": "8"}; the page has its own font."""
    pairs = [part.split(":", 1) for part in style.split(";") if ":" in part]
    values = {name.strip(): value.strip() for name, value in pairs}
    kept = {name: values[name] for name in _KEPT_STYLES if name in values}
    size = re.search(r"([\d.]+)px", values.get("font", values.get("font-size", "")))
    weight = re.search(r"\b(bold|[6-9]00)\b", values.get("font", values.get("font-weight", "")))
    return kept | ({"font-size": size[1]} if size else {}) | ({"font-weight": "600"} if weight else {})


def _rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), " ".join(text.split()))


def _own_ids(root: ElementTree.Element, name: str) -> None:
    """Ids that something refers to are numbered below `name`; the others go."""
    text = ElementTree.tostring(root, encoding="unicode")
    used = set(re.findall(r'(?:url\(#|href="#)([\w-]+)', text))
    new: dict[str, str] = {}
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old in used:
            new[str(old)] = element.attrib["id"] = f"{name}-{len(new)}"
    for element in root.iter():
        for attribute, value in list(element.attrib.items()):
            element.attrib[attribute] = re.sub(r"(url\(#|^#)([\w-]+)", lambda m: m[1] + new.get(m[2], m[2]), value)
