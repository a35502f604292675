"""Edits of images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augeval.augment import image
from augeval.errors import DataError, InputError, NotApplicable
from augeval.extend import AugmenterPlugin
from augeval.seeds import stream

ALL: list[tuple[AugmenterPlugin, float]] = [
    (image.horizontal_flip, 0.5),
    (image.crop, 3),
    (image.shift, 3),
    (image.rotation, 40.0),
    (image.colour_jitter, 0.6),
    (image.gaussian_noise, 0.2),
    (image.erasing, 0.4),
]
EACH = pytest.mark.parametrize(("plugin", "magnitude"), ALL, ids=[p.name for p, _ in ALL])
CHANNELS = pytest.mark.parametrize("channels", [1, 3])


def pictures(n: int, channels: int = 1, shape: tuple[int, int] = (9, 12)) -> list[np.ndarray]:
    rng = stream("test pictures", channels)
    return [rng.integers(0, 256, (*shape, channels), dtype=np.uint8) for _ in range(n)]


def streams(n: int, name: str = "row") -> list[np.random.Generator]:
    return [stream(name, i) for i in range(n)]


def point(height: int = 7, width: int = 9, at: tuple[int, int] = (3, 4)) -> np.ndarray:
    row = np.zeros((height, width, 1), np.uint8)
    row[at] = 200
    return row


@EACH
@CHANNELS
class TestLawsOfEveryEdit:
    def test_the_same_stream_gives_the_same_rows_and_another_gives_others(
        self, plugin: AugmenterPlugin, magnitude: float, channels: int
    ) -> None:
        rows = pictures(8, channels)
        first, again, other = (
            np.stack(plugin(rows, magnitude=magnitude, rngs=streams(8, name))) for name in ("a", "a", "b")
        )
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()

    def test_magnitude_zero_changes_nothing(self, plugin: AugmenterPlugin, magnitude: float, channels: int) -> None:
        rows = pictures(5, channels)
        made = plugin(rows, magnitude=0, rngs=streams(5))
        np.testing.assert_array_equal(np.stack(made), np.stack(rows))

    def test_rows_keep_shape_and_type_and_are_new_arrays(
        self, plugin: AugmenterPlugin, magnitude: float, channels: int
    ) -> None:
        rows = pictures(5, channels)
        before = np.stack(rows)
        for dose in (0, magnitude):
            made = plugin(rows, magnitude=dose, rngs=streams(5))
            assert [m.shape for m in made] == [r.shape for r in rows]
            assert all(m.dtype == np.uint8 for m in made)
            assert not any(np.shares_memory(m, r) for m, r in zip(made, rows, strict=True))
        np.testing.assert_array_equal(np.stack(rows), before)

    def test_a_row_does_not_depend_on_its_companions_bit_for_bit(
        self, plugin: AugmenterPlugin, magnitude: float, channels: int
    ) -> None:
        # 40 rows are more than one batch of 32; alone, reversed and together each row is the same.
        rows = pictures(40, channels)
        together = plugin(rows, magnitude=magnitude, rngs=streams(40))
        backwards = plugin(rows[::-1], magnitude=magnitude, rngs=streams(40)[::-1])[::-1]
        np.testing.assert_array_equal(np.stack(together), np.stack(backwards))
        for i in (0, 7, 31, 32, 39):
            alone = plugin([rows[i]], magnitude=magnitude, rngs=[streams(40)[i]])[0]
            np.testing.assert_array_equal(alone, together[i])

    def test_torch_s_global_generator_is_neither_read_nor_moved(
        self, plugin: AugmenterPlugin, magnitude: float, channels: int
    ) -> None:
        import torch

        before = torch.random.get_rng_state()
        plugin(pictures(3, channels), magnitude=magnitude, rngs=streams(3))
        assert torch.equal(torch.random.get_rng_state(), before)

    def test_no_rows_give_no_rows(self, plugin: AugmenterPlugin, magnitude: float, channels: int) -> None:
        assert plugin([], magnitude=magnitude, rngs=[]) == []

    def test_its_defaults_are_within_what_it_takes(
        self, plugin: AugmenterPlugin, magnitude: float, channels: int
    ) -> None:
        assert plugin.magnitudes is not None
        low, high = plugin.magnitudes
        assert low <= (plugin.default_magnitude or 0) <= high
        for dose in (low, plugin.default_magnitude, high):
            plugin(pictures(2, channels), magnitude=dose, rngs=streams(2))


def test_flip_with_probability_one_mirrors_left_and_right() -> None:
    row = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
    made = image.horizontal_flip([row], magnitude=1, rngs=streams(1))[0]
    np.testing.assert_array_equal(made[:, :, 0], [[2, 1, 0], [5, 4, 3]])


def test_flip_mirrors_about_the_share_of_rows_that_its_magnitude_names() -> None:
    rows = [point(at=(3, 0))] * 400
    made = image.horizontal_flip(rows, magnitude=0.3, rngs=streams(400))
    share = np.mean([m[3, 8, 0] == 200 for m in made])
    assert abs(share - 0.3) < 0.1  # standard deviation .023
    assert all(m[3, 8, 0] == 200 or m[3, 0, 0] == 200 for m in made)


@pytest.mark.parametrize("plugin", [image.shift, image.crop], ids=["shift", "crop"])
def test_one_bright_pixel_moves_whole_pixels_and_keeps_its_value(plugin: AugmenterPlugin) -> None:
    # A point at (3, 4) of 7 × 9 moves by -2 … 2 both ways: 25 places, none at the border, nothing blurred.
    made = plugin([point()] * 500, magnitude=2, rngs=streams(500))
    places = set()
    for row in made:
        (at,) = np.argwhere(row[:, :, 0])
        assert row[tuple(at)] == 200
        places.add((int(at[0]) - 3, int(at[1]) - 4))
    assert places == {(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3)}


def test_shift_equals_kornia_s_translation_by_the_same_pixels() -> None:
    import torch
    from kornia.geometry.transform import translate

    rows = pictures(12, 3)
    made = image.shift(rows, magnitude=4, rngs=streams(12))
    # The window's corner (top, left) on a padding of 4 moves the picture by 4 - left and 4 - top.
    corners = [rng.integers(0, 9, size=2) for rng in streams(12)]
    moves = torch.tensor([[4.0 - left, 4.0 - top] for top, left in corners], dtype=torch.float32)
    floats = torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).float()
    oracle = translate(floats, moves).round().permute(0, 2, 3, 1).numpy().astype(np.uint8)
    np.testing.assert_array_equal(np.stack(made), oracle)


def test_crop_may_fill_with_the_edge_or_its_mirror_image() -> None:
    white = np.full((6, 6, 1), 255, np.uint8)
    assert all((m == 255).all() for m in image.crop([white] * 20, magnitude=3, rngs=streams(20), padding="edge"))
    assert any((m == 0).any() for m in image.crop([white] * 20, magnitude=3, rngs=streams(20)))
    ramp = np.arange(1, 7, dtype=np.uint8).repeat(6).reshape(6, 6, 1)
    mirrored = image.crop([ramp] * 20, magnitude=2, rngs=streams(20), padding="reflect")
    assert all(m.min() >= 1 for m in mirrored)
    with pytest.raises(InputError, match=r"no padding 'wrap'. Known: zeros, edge, reflect"):
        image.crop([white], magnitude=1, rngs=streams(1), padding="wrap")


def test_rotation_equals_scipy_s_on_a_batch() -> None:
    from scipy import ndimage

    rows = pictures(36, 1, (15, 15))
    made = image.rotation(rows, magnitude=30.0, rngs=streams(36))
    for row, turned, rng in zip(rows, made, streams(36), strict=True):
        angle = rng.uniform(-30.0, 30.0)
        # reshape=False turns about the centre of the pixel grid; grid-constant interpolates with the zeros outside.
        oracle = ndimage.rotate(
            row[:, :, 0].astype(float), angle, reshape=False, order=1, mode="grid-constant", cval=0.0
        )
        assert np.abs(oracle - turned[:, :, 0]).max() <= 0.51  # half a grey level is the rounding


def test_rotation_equals_kornia_s_own_class() -> None:
    import torch
    from kornia.augmentation import RandomRotation

    rows = pictures(4, 3, (10, 10))
    made = image.rotation(rows, magnitude=25.0, rngs=streams(4))
    angles = torch.tensor([rng.uniform(-25.0, 25.0) for rng in streams(4)], dtype=torch.float32)
    floats = torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).float() / 255
    params = {"degrees": angles, "batch_prob": torch.ones(4), "forward_input_shape": torch.tensor(floats.shape)}
    oracle = RandomRotation(25.0, p=1.0)(floats, params=params).permute(0, 2, 3, 1).numpy() * 255
    assert np.abs(np.stack(made) - oracle).max() <= 0.51


def test_rotation_keeps_the_centre_and_stays_within_its_angle() -> None:
    # A pixel 4 to the right of the centre, turned by at most 10 degrees, rises or falls by at most 4·sin 10° = 0.69.
    row = np.zeros((11, 11, 1), np.uint8)
    row[5, 5], row[5, 9] = 255, 255
    for turned in image.rotation([row] * 50, magnitude=10.0, rngs=streams(50)):
        assert turned[5, 5, 0] == 255
        assert turned[:, 8:, 0].sum() > 0
        assert not turned[:4, :, 0].any()
        assert not turned[7:, :, 0].any()


def test_colour_jitter_of_grey_images_scales_brightness_and_contrast() -> None:
    # With factors b and c and mean m (after b): c·b·x + (1 - c)·m, clipped.
    row = np.array([[40, 80], [120, 160]], np.uint8)[:, :, None]
    made = image.colour_jitter([row], magnitude=0.3, rngs=streams(1))[0]
    b, c = 1 + streams(1)[0].uniform(-0.3, 0.3, size=4)[:2]
    lit = np.clip(row * b, 0, 255)
    assert np.abs(made - np.clip(c * lit + (1 - c) * lit.mean(), 0, 255)).max() <= 0.51


def test_colour_jitter_of_colour_images_equals_kornia_s_own_class() -> None:
    import torch
    from kornia.augmentation import ColorJitter

    rows = pictures(6, 3)
    made = image.colour_jitter(rows, magnitude=0.4, rngs=streams(6))
    drawn = np.array([rng.uniform(-0.4, 0.4, size=4) for rng in streams(6)])
    floats = torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).float() / 255
    factors = torch.from_numpy(drawn).float()
    params = {
        "brightness_factor": 1 + factors[:, 0],
        "contrast_factor": 1 + factors[:, 1],
        "saturation_factor": 1 + factors[:, 2],
        "hue_factor": factors[:, 3] / 4,
        "order": torch.arange(4),
        "batch_prob": torch.ones(6),
        "forward_input_shape": torch.tensor(floats.shape),
    }
    jitter = ColorJitter(0.4, 0.4, 0.4, 0.1, p=1.0)
    oracle = jitter(floats, params=params).permute(0, 2, 3, 1).numpy() * 255
    assert np.abs(np.stack(made) - oracle).max() <= 0.52


def test_colour_jitter_leaves_grey_colour_images_grey() -> None:
    grey = np.repeat(pictures(1)[0], 3, axis=2)
    made = image.colour_jitter([grey] * 5, magnitude=0.5, rngs=streams(5))
    assert all(np.ptp(m.astype(int), axis=2).max() <= 1 for m in made)  # a rounding apart at most


def test_noise_has_the_standard_deviation_asked_for_and_no_bias() -> None:
    # Middle grey, sd .1 of 255 = 25.5; 10,000 pixels: standard error of the mean .26, of the sd .18.
    row = np.full((100, 100, 1), 128, np.uint8)
    noise = image.gaussian_noise([row], magnitude=0.1, rngs=streams(1))[0].astype(float) - 128
    assert abs(noise.mean()) < 1.5
    assert abs(noise.std() - 25.5) < 1.0


def test_noise_is_clipped_and_does_not_wrap_around() -> None:
    for level in (0, 255):
        row = np.full((50, 50, 1), level, np.uint8)
        made = image.gaussian_noise([row], magnitude=0.05, rngs=streams(1))[0]
        assert np.abs(made.astype(int) - level).max() < 100
        assert 0.4 < (made == level).mean() < 0.7  # half of the noise points outside the range


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0.01, 1.0), height=st.integers(2, 30), width=st.integers(2, 30), seed=st.integers(0, 10_000))
def test_erasing_paints_one_rectangle_of_at_most_its_share(share: float, height: int, width: int, seed: int) -> None:
    row = np.full((height, width, 1), 255, np.uint8)
    made = image.erasing([row], magnitude=share, rngs=[stream(seed)])[0][:, :, 0]
    tall, wide = (made == 0).any(1), (made == 0).any(0)
    erased = int((made == 0).sum())
    assert erased == tall.sum() * wide.sum()  # one full rectangle
    assert 1 <= erased <= max(1.0, share * height * width)


def test_erasing_fills_with_what_it_is_told() -> None:
    row = np.zeros((8, 8, 3), np.uint8)
    made = image.erasing([row], magnitude=0.5, rngs=streams(1), fill=77)[0]
    assert set(np.unique(made)) == {0, 77}
    with pytest.raises(InputError, match="grey level of 0 to 255, not 300"):
        image.erasing([row], magnitude=0.5, rngs=streams(1), fill=300)


@pytest.mark.parametrize(
    ("plugin", "magnitude", "message"),
    [
        (image.horizontal_flip, 1.2, "horizontal_flip takes a magnitude from 0 to 1, not 1.2"),
        (image.rotation, 200, "rotation takes a magnitude from 0 to 180, not 200"),
        (image.rotation, float("nan"), "rotation takes a magnitude from 0 to 180, not nan"),
        (image.gaussian_noise, None, "gaussian_noise takes a magnitude from 0 to 1, not None"),
        (image.shift, -1, "shift takes a magnitude of at least 0, not -1"),
        (image.shift, 0.5, "shift moves whole pixels; its magnitude must be a whole number, not 0.5"),
    ],
)
def test_a_magnitude_out_of_range_is_refused(plugin: AugmenterPlugin, magnitude: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plugin(pictures(1), magnitude=magnitude, rngs=streams(1))


def test_a_shift_that_can_empty_the_image_is_not_applicable() -> None:
    with pytest.raises(NotApplicable, match="shift by 9 pixels can move an image of 9 × 12 out of sight"):
        image.shift(pictures(1), magnitude=9, rngs=streams(1))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([np.zeros((4, 4, 1))], r"row 0 is float64 of shape \(4, 4, 1\)"),
        ([np.zeros((4, 4), np.uint8)], r"row 0 is uint8 of shape \(4, 4\)"),
        (["a text"], "row 0 is str"),
        ([np.zeros((4, 4, 1), np.uint8), np.zeros((4, 5, 1), np.uint8)], r"row 1 is \(4, 5, 1\), row 0 is \(4, 4, 1\)"),
    ],
)
def test_rows_that_are_no_images_are_refused(rows: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        image.rotation(rows, magnitude=5, rngs=streams(len(rows)))
