"""Edits of images: (h, w, c) uint8 in, the same shape and type out.

What moves whole pixels is done in numpy and is exact; what resamples or recolours is kornia's, in float32 on
[0, 1], rounded and clipped back. Every number is drawn from the row's own generator (kornia's own classes draw from
torch's global one), and kornia sees batches of one fixed shape, so a row's bits do not depend on its companions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from augeval.errors import DataError, InputError, NotApplicable
from augeval.extend import augmenter

__all__ = ["colour_jitter", "crop", "erasing", "gaussian_noise", "horizontal_flip", "rotation", "shift"]

Image = NDArray[np.uint8]
Generators = Sequence[np.random.Generator]
Padding = Literal["zeros", "edge", "reflect"]
BATCH = 32  # rows handed to kornia at a time; short batches are filled with black images
PADDING = {"zeros": "constant", "edge": "edge", "reflect": "reflect"}  # our word -> numpy.pad's


@augmenter(
    "image", unit="probability", magnitudes=(0.1, 1.0), default_magnitude=0.5, most=1, batch=True, source="kornia hflip"
)
def horizontal_flip(rows: Sequence[Image], *, magnitude: float | None, rngs: Generators) -> list[Image]:
    """Mirror left and right with probability `magnitude`.

    Args:
        rows: n images, (h, w, c) uint8.
        magnitude: probability in [0, 1]; a row that is not mirrored equals its parent.
        rngs: one generator per row.

    Raises:
        InputError: a magnitude outside [0, 1]; DataError: a row that is no uint8 image.
    """
    chance = _dose("horizontal_flip", rows, magnitude, most=1.0)
    mirrored = [rng.random() < chance for rng in rngs]
    if not any(mirrored):
        return [row.copy() for row in rows]

    def mirror(images: Any, drawn: Any) -> Any:  # torch tensors
        from kornia.geometry.transform import hflip

        return hflip(images).where(drawn[:, :, None, None] > 0, images)

    return _in_batches(rows, np.array(mirrored, np.float32)[:, None], mirror)


@augmenter("image", unit="pixels", magnitudes=(1, 8), default_magnitude=2.0, batch=True)
def shift(rows: Sequence[Image], *, magnitude: float | None, rngs: Generators) -> list[Image]:
    """Move by a whole number of pixels, uniform within ± `magnitude` in x and in y; zeros come in.

    Args:
        rows: n images, (h, w, c) uint8.
        magnitude: largest shift in whole pixels, below the image's smaller side.
        rngs: one generator per row.

    Raises:
        InputError: a magnitude that is negative or no whole number; DataError: a row that is no uint8 image.
        NotApplicable: the magnitude can move the whole image out of sight.
    """
    return _windows("shift", rows, magnitude, rngs, "zeros")


@augmenter("image", unit="pixels", magnitudes=(1, 8), default_magnitude=4.0, batch=True, source="He et al. 2016")
def crop(
    rows: Sequence[Image], *, magnitude: float | None, rngs: Generators, padding: Padding = "zeros"
) -> list[Image]:
    """Pad by `magnitude` pixels on each side and cut the old size out at a random place.

    With zeros this is `shift` under its other name; `padding` may fill with the edge or its mirror image instead.

    Args:
        rows: n images, (h, w, c) uint8.
        magnitude: padding in whole pixels, below the image's smaller side.
        rngs: one generator per row.
        padding: "zeros", "edge" (the border pixel repeated) or "reflect" (the image mirrored at its border).

    Raises:
        InputError: a magnitude that is negative or no whole number, or an unknown padding.
        NotApplicable: the magnitude can cut the whole image away. DataError: a row that is no uint8 image.
    """
    if padding not in PADDING:
        raise InputError(f"crop knows no padding '{padding}'. Known: {', '.join(PADDING)}.")
    return _windows("crop", rows, magnitude, rngs, padding)


@augmenter(
    "image", unit="degrees", magnitudes=(5, 45), default_magnitude=15.0, most=180, batch=True, source="kornia rotate"
)
def rotation(rows: Sequence[Image], *, magnitude: float | None, rngs: Generators) -> list[Image]:
    """Turn about the centre by an angle uniform within ± `magnitude`; bilinear, zeros come in.

    Args:
        rows: n images, (h, w, c) uint8.
        magnitude: largest angle in degrees, in [0, 180].
        rngs: one generator per row.

    Raises:
        InputError: a magnitude outside [0, 180]; DataError: a row that is no uint8 image.
    """
    largest = _dose("rotation", rows, magnitude, most=180.0)
    if not largest:
        return [row.copy() for row in rows]

    def turn(images: Any, angles: Any) -> Any:  # torch tensors
        from kornia.geometry.transform import rotate

        return rotate(images, angles[:, 0], mode="bilinear", padding_mode="zeros", align_corners=True)

    return _in_batches(rows, np.array([[rng.uniform(-largest, largest)] for rng in rngs], np.float32), turn)


@augmenter(
    "image",
    unit="share",
    magnitudes=(0.1, 0.8),
    default_magnitude=0.4,
    most=1,
    batch=True,
    source="Chen et al. 2020 (SimCLR)",
)
def colour_jitter(rows: Sequence[Image], *, magnitude: float | None, rngs: Generators) -> list[Image]:
    """Scale brightness and contrast by 1 ± `magnitude`; with three channels also saturation, and turn the hue.

    Args:
        rows: n images, (h, w, c) uint8; three channels are taken as red, green, blue.
        magnitude: largest change in [0, 1]: factors are uniform on [1 - magnitude, 1 + magnitude], and the hue turns
            by up to magnitude / 4 of the colour circle.
        rngs: one generator per row.

    Raises:
        InputError: a magnitude outside [0, 1]; DataError: a row that is no uint8 image.

    Source: Chen et al. 2020, appendix A; there the four come in random order, here in the order named.
    """
    largest = _dose("colour_jitter", rows, magnitude, most=1.0)
    if not largest:
        return [row.copy() for row in rows]
    drawn = np.array([rng.uniform(-largest, largest, size=4) for rng in rngs]).reshape(-1, 4)
    drawn[:, :3] += 1.0
    drawn[:, 3] *= 2 * math.pi / 4
    return _in_batches(rows, drawn.astype(np.float32), _recolour)


@augmenter("image", unit="share of the range", magnitudes=(0.02, 0.5), default_magnitude=0.1, most=1, batch=True)
def gaussian_noise(rows: Sequence[Image], *, magnitude: float | None, rngs: Generators) -> list[Image]:
    """Add independent normal noise to every pixel and channel; rounded, and clipped at black and white.

    Args:
        rows: n images, (h, w, c) uint8.
        magnitude: standard deviation as a share of the range (1 is 255 grey levels), in [0, 1].
        rngs: one generator per row.

    Raises:
        InputError: a magnitude outside [0, 1]; DataError: a row that is no uint8 image.
    """
    sd = 255.0 * _dose("gaussian_noise", rows, magnitude, most=1.0)
    noisy = [row + sd * rng.standard_normal(row.shape) for row, rng in zip(rows, rngs, strict=True)]
    return [np.rint(image).clip(0, 255).astype(np.uint8) for image in noisy]


@augmenter(
    "image",
    unit="share of area",
    magnitudes=(0.05, 0.5),
    default_magnitude=0.2,
    most=1,
    batch=True,
    source="Zhong et al. 2020",
)
def erasing(rows: Sequence[Image], *, magnitude: float | None, rngs: Generators, fill: int = 0) -> list[Image]:
    """Paint one rectangle, of at most `magnitude` of the area, at a random place.

    Args:
        rows: n images, (h, w, c) uint8.
        magnitude: largest share of the area, in [0, 1]; the share is uniform below it, at least one pixel.
        rngs: one generator per row.
        fill: grey level of the rectangle, 0 … 255.

    Raises:
        InputError: a magnitude outside [0, 1] or a fill that is no grey level; DataError: a row that is no image.

    Source: Zhong et al. 2020 with its aspect ratios 0.3 … 3.3; a rectangle that does not fit is cut, not drawn again.
    """
    largest = _dose("erasing", rows, magnitude, most=1.0)
    if not 0 <= fill <= 255:
        raise InputError(f"erasing fills with a grey level of 0 to 255, not {fill}.")
    if not largest:
        return [row.copy() for row in rows]
    return [_without_rectangle(row, largest, rng, fill) for row, rng in zip(rows, rngs, strict=True)]


def _without_rectangle(row: Image, largest: float, rng: np.random.Generator, fill: int) -> Image:
    height, width = row.shape[:2]
    area = max(1.0, rng.uniform(0.0, largest) * height * width)
    aspect = math.exp(rng.uniform(math.log(0.3), math.log(3.3)))
    tall = int(np.clip(math.sqrt(area * aspect), 1, min(height, area)))
    wide = int(np.clip(area / tall, 1, width))
    top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    erased = row.copy()
    erased[top : top + tall, left : left + wide] = fill
    return erased


def _windows(
    name: str, rows: Sequence[Image], magnitude: float | None, rngs: Generators, padding: Padding
) -> list[Image]:
    """Each padded image, cut back to its size at a place drawn from its generator."""
    most = _dose(name, rows, magnitude)
    if most != int(most):
        raise InputError(f"{name} moves whole pixels; its magnitude must be a whole number, not {most:g}.")
    if rows and most >= min(rows[0].shape[:2]):
        height, width = rows[0].shape[:2]
        raise NotApplicable(f"{name} by {most:g} pixels can move an image of {height} × {width} out of sight.")
    m = int(most)
    moved = []
    for row, rng in zip(rows, rngs, strict=True):
        top, left = rng.integers(0, 2 * m + 1, size=2)
        padded = np.pad(row, ((m, m), (m, m), (0, 0)), mode=PADDING[padding])  # type: ignore[call-overload]  # a mode
        moved.append(padded[top : top + row.shape[0], left : left + row.shape[1]].copy())
    return moved


def _dose(name: str, rows: Sequence[Image], magnitude: float | None, most: float = math.inf) -> float:
    """The magnitude, after it and the rows were looked at."""
    if magnitude is None or not 0 <= magnitude <= most:
        wanted = "of at least 0" if math.isinf(most) else f"from 0 to {most:g}"
        raise InputError(f"{name} takes a magnitude {wanted}, not {magnitude}.")
    for i, row in enumerate(rows):
        if not isinstance(row, np.ndarray) or row.dtype != np.uint8 or row.ndim != 3:
            got = f"{row.dtype} of shape {row.shape}" if isinstance(row, np.ndarray) else type(row).__name__
            raise DataError(f"{name} takes (height, width, channels) uint8 images; row {i} is {got}.")
        if row.shape != rows[0].shape:
            raise DataError(f"{name} takes images of one shape; row {i} is {row.shape}, row 0 is {rows[0].shape}.")
    return float(magnitude)


def _in_batches(rows: Sequence[Image], drawn: NDArray[np.float32], edit: Callable[[Any, Any], Any]) -> list[Image]:
    """Apply `edit` to float images on [0, 1], always to `BATCH` of them.

    Args:
        rows: n images; drawn: (n, p) what was drawn for each.
        edit: (BATCH, c, h, w) and (BATCH, p) float32 tensors -> (BATCH, c, h, w).
    """
    import torch

    made: list[Image] = []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        images = np.zeros((BATCH, *part[0].shape), np.uint8)
        values = np.zeros((BATCH, drawn.shape[1]), np.float32)
        images[: len(part)], values[: len(part)] = np.stack(part), drawn[start : start + BATCH]
        with torch.no_grad():
            floats = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().float() / 255.0
            edited = edit(floats, torch.from_numpy(values))
            whole = (edited * 255.0).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()
        made += [image.copy() for image in whole.numpy()[: len(part)]]
    return made


def _recolour(images: Any, drawn: Any) -> Any:  # torch tensors
    from kornia import enhance

    images = enhance.adjust_brightness_accumulative(images, drawn[:, 0])
    images = enhance.adjust_contrast_with_mean_subtraction(images, drawn[:, 1])
    if images.shape[1] != 3:  # grey has neither saturation nor hue, and kornia refuses it
        return images
    images = enhance.adjust_saturation_with_gray_subtraction(images, drawn[:, 2])
    return enhance.adjust_hue(images, drawn[:, 3])
