"""A folder of images as pixels of one shape."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from augeval.data.images import load_folder
from augeval.errors import DataError


def save(folder, name, pixels, mode=None, **how):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(pixels, np.uint8))
    (image if mode is None else image.convert(mode)).save(path, **how)
    return path


def grey(value, h=4, w=6):
    return np.full((h, w), value, np.uint8)


@pytest.fixture
def pets(tmp_path):
    folder = tmp_path / "pets"
    for label, base in (("dog", 100), ("cat", 10)):
        for i in range(3):
            save(folder, f"{label}/{i}.png", grey(base + i))
    return folder


def test_each_sub_folder_is_a_class_and_rows_are_sorted_by_class_and_name(pets):
    made = load_folder({"folder": str(pets)})
    assert (made.name, made.modality, made.classes) == ("pets", "image", ("cat", "dog"))
    assert made.examples.x.shape == (6, 4, 6, 1)
    assert made.examples.x[:, 0, 0, 0].tolist() == [10, 11, 12, 100, 101, 102]
    assert made.examples.y.tolist() == [0, 0, 0, 1, 1, 1]
    assert made.source == "folder pets"


def test_colour_images_have_three_channels(tmp_path):
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    for label in ("a", "b"):
        save(tmp_path, f"{label}/0.png", pixels + (label == "b"))
    assert np.array_equal(load_folder({"folder": str(tmp_path)}).examples.x[0], pixels)


@pytest.mark.parametrize("ending", ["jpg", "jpeg", "bmp", "tif", "PNG", "webp"])
def test_the_usual_formats_are_read(pets, ending):
    save(pets, f"cat/extra.{ending}", grey(50))
    assert len(load_folder({"folder": str(pets)}).examples) == 7


def test_train_and_test_folders_are_an_official_split(tmp_path):
    for part, n in (("train", 3), ("test", 2)):
        for label in ("a", "b"):
            for i in range(n):
                save(tmp_path, f"{part}/{label}/{i}.png", grey(10 * i + (label == "b") + 100 * (part == "test")))
    made = load_folder({"folder": str(tmp_path)})
    assert made.classes == ("a", "b")
    assert made.test_rows.tolist() == [6, 7, 8, 9]


def test_a_test_image_of_an_unknown_class_is_refused(tmp_path):
    for name in ("train/cat/0", "train/dog/1", "test/cats/2"):
        save(tmp_path, f"{name}.png", grey(int(name[-1])))
    with pytest.raises(DataError, match=r"cats holds test images of a class .* Did you mean 'cat'\?"):
        load_folder({"folder": str(tmp_path)})


def test_mixed_shapes_are_refused_and_two_files_are_named(pets):
    save(pets, "dog/large.png", grey(0, h=8, w=5))
    with pytest.raises(DataError, match=r"different shapes: 4 × 6 \(.*0\.png\) and 8 × 5 \(.*large\.png\).*size:"):
        load_folder({"folder": str(pets)})


def test_size_resizes_every_image_and_says_how_many(pets):
    save(pets, "dog/large.png", grey(7, h=8, w=5))
    made = load_folder({"folder": str(pets), "size": [4, 6]})
    assert made.examples.x.shape == (7, 4, 6, 1)
    assert (made.examples.x[-1] == 7).all()
    assert made.notes[0] == "1 image(s) were resized to 4 × 6 pixels."


@pytest.mark.parametrize("size", [[4], [4, 0], [4, 2.5], "4x6", 4, [True, 4], [1, 2, 3]])
def test_a_size_that_is_not_height_and_width_is_refused(pets, size):
    with pytest.raises(DataError, match=re.escape("wanted [height, width] in pixels")):
        load_folder({"folder": str(pets), "size": size})


def test_grey_images_among_colour_ones_become_colour(pets):
    save(pets, "dog/colour.png", np.full((4, 6, 3), [9, 8, 7]))
    made = load_folder({"folder": str(pets)})
    assert made.examples.x.shape == (7, 4, 6, 3)
    assert made.examples.x[0, 0, 0].tolist() == [10, 10, 10]
    assert made.notes[0] == "6 grey image(s) are read as colour, like the others."


def test_transparency_is_ignored_and_noted(pets):
    save(pets, "dog/clear.png", np.full((4, 6, 4), [9, 8, 7, 0]))
    made = load_folder({"folder": str(pets)})
    assert made.examples.x[-1, 0, 0].tolist() == [9, 8, 7]
    assert "The transparency of 1 image(s) is ignored." in made.notes


def test_a_palette_is_resolved(pets):
    save(pets, "dog/palette.png", np.full((4, 6, 3), [255, 0, 0]), mode="P")
    assert load_folder({"folder": str(pets)}).examples.x[-1, 0, 0].tolist() == [255, 0, 0]


def test_the_orientation_that_a_camera_wrote_is_followed(pets):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    save(pets, "dog/turned.png", grey(1, h=6, w=4), exif=exif)
    assert load_folder({"folder": str(pets)}).examples.x.shape == (7, 4, 6, 1)


def test_other_and_hidden_files_are_passed_over(pets):
    (pets / "dog" / "notes.txt").write_text("x")
    (pets / "dog" / ".DS_Store").write_text("x")
    (pets / ".git").mkdir()
    (pets / "README.md").write_text("x")
    made = load_folder({"folder": str(pets)})
    assert (len(made.examples), made.classes) == (6, ("cat", "dog"))
    assert made.notes == ("1 file(s) are not images and are left out.",)


def test_equal_images_are_counted(pets):
    save(pets, "dog/again.png", grey(100))
    assert load_folder({"folder": str(pets)}).notes[0].startswith("1 row(s) equal an earlier row")


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n broken"])
def test_a_file_that_is_no_image_is_named(pets, content):
    (pets / "dog" / "broken.png").write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.png cannot be read as an image"):
        load_folder({"folder": str(pets)})


def test_an_image_that_was_cut_off_is_named(pets):
    path = save(pets, "dog/cut.png", np.random.default_rng(0).integers(0, 255, (40, 40)))
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(DataError, match=r"cut\.png cannot be read as an image"):
        load_folder({"folder": str(pets)})


def test_sixteen_bits_a_pixel_are_refused(pets):
    Image.fromarray(np.full((4, 6), 40_000, np.uint16)).save(pets / "dog" / "deep.png")
    with pytest.raises(DataError, match=r"deep\.png has pixels of mode I;16; wanted 8 bits a channel"):
        load_folder({"folder": str(pets)})


def test_a_file_of_several_images_is_refused(pets):
    frames = [Image.fromarray(grey(value)) for value in (1, 2)]
    frames[0].save(pets / "dog" / "two.tiff", save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match=r"two\.tiff holds 2 images; wanted one"):
        load_folder({"folder": str(pets)})


def test_folders_without_classes_or_images_are_refused(tmp_path, pets):
    with pytest.raises(DataError, match=r"There is no folder .*pet\. Did you mean 'pets'\?"):
        load_folder({"folder": str(tmp_path / "pet")})
    (tmp_path / "flat").mkdir()
    save(tmp_path, "flat/0.png", grey(1))
    with pytest.raises(DataError, match="flat has no sub-folders; wanted one per class"):
        load_folder({"folder": str(tmp_path / "flat")})
    (pets / "bird").mkdir()
    with pytest.raises(DataError, match=r"The class folder .*bird holds no image"):
        load_folder({"folder": str(pets)})


def test_one_class_is_refused(tmp_path):
    save(tmp_path, "pets/cat/0.png", grey(1))
    with pytest.raises(DataError, match="folder pets: every row has the label 'cat'"):
        load_folder({"folder": str(tmp_path / "pets")})


def test_more_pixels_than_memory_should_hold_are_refused(pets, monkeypatch):
    monkeypatch.setattr("augeval.data.images.MAX_BYTES", 100)
    with pytest.raises(DataError, match=r"GiB of pixels\. Give a smaller size"):
        load_folder({"folder": str(pets)})
