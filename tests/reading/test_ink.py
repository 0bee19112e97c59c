"""Finding ink doesn't depend on polarity, color, transparency or light, and fails if there is none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from backend.reading.decode import decode
from backend.reading.errors import BlankDrawing
from backend.reading.image import Image
from backend.reading.ink import find_ink
from backend.reading.normalize import normalize
from backend.reading.photograph import SIDE
from tools.drawings import STROKES, draw

digits = st.sampled_from(sorted(STROKES))
color = st.tuples(*[st.integers(0, 255)] * 3)


def colored(drawing: Image, ink: tuple[int, ...], paper: tuple[int, ...]) -> Image:
    """Recolor a black drawing on white: uint8 (H, W, 3)."""
    share = drawing[..., None] / 255
    blended: Image = np.round(share * paper + (1 - share) * np.array(ink)).astype(np.uint8)
    return blended


def on_lit_paper(drawing: Image, darkest: float = 0.6, noise: float = 3) -> Image:
    """Gray pencil on paper with light from the left and camera noise: uint8 (H, W)."""
    light = np.linspace(1, darkest, drawing.shape[1])
    grain = np.random.default_rng(1).normal(0, noise, drawing.shape)
    page: Image = np.clip((90 + drawing / 255 * 140) * light + grain, 0, 255).astype(np.uint8)
    return page


def alike(a: Image, b: Image) -> float:
    """The highest correlation of two 28x28 images when one is moved by up to a pixel."""
    moved = (np.roll(b, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1))
    return max(float(np.corrcoef(a.ravel(), each.ravel())[0, 1]) for each in moved)


# Flat images


@pytest.mark.parametrize("digit", STROKES)
def test_ink_of_dark_on_white_is_the_inverted_image(digit: int) -> None:
    drawing = draw(digit)
    np.testing.assert_array_equal(find_ink(drawing), 255 - drawing)


@given(digit=digits, pen=st.integers(4, 30))
def test_polarity_does_not_matter(digit: int, pen: int) -> None:
    drawing = draw(digit, pen=pen)
    np.testing.assert_array_equal(find_ink(255 - drawing), find_ink(drawing))


@given(digit=digits, ink=color, paper=color)
def test_colors_do_not_matter_if_they_differ_enough(digit: int, ink: tuple[int, ...], paper: tuple[int, ...]) -> None:
    assume(max(abs(a - b) for a, b in zip(ink, paper, strict=True)) >= 48)
    drawing = draw(digit)
    found = find_ink(colored(drawing, ink, paper))
    assert found.shape == drawing.shape
    assert found.max() >= 250
    np.testing.assert_allclose(found.astype(int), 255 - drawing.astype(int), atol=8)


@given(digit=digits, ink=color)
def test_transparent_pixels_are_paper(digit: int, ink: tuple[int, ...]) -> None:
    drawing = draw(digit)
    image = np.dstack([np.full((*drawing.shape, 3), ink, np.uint8), 255 - drawing])
    np.testing.assert_allclose(find_ink(image).astype(int), 255 - drawing.astype(int), atol=8)


def test_an_opaque_alpha_channel_changes_nothing() -> None:
    drawing = cv2.cvtColor(draw(4), cv2.COLOR_GRAY2BGR)
    opaque = np.dstack([drawing, np.full(drawing.shape[:2], 255, np.uint8)])
    np.testing.assert_array_equal(find_ink(opaque), find_ink(drawing))


@pytest.mark.parametrize("quality", [40, 70, 95])
def test_jpeg_artifacts_do_not_matter(quality: int) -> None:
    _, file = cv2.imencode(".jpg", draw(5), [cv2.IMWRITE_JPEG_QUALITY, quality])
    seen = normalize(find_ink(decode(file.tobytes(), 280 * 280).pixels))
    assert alike(seen, normalize(255 - draw(5))) > 0.97


@given(digit=digits, side=st.integers(28, 90))
def test_a_small_image_is_flat_even_if_cropped_tightly(digit: int, side: int) -> None:
    drawing = draw(digit, size=side, side=round(side * 0.7), left=side // 7, top=side // 7, pen=max(2, side // 12))
    np.testing.assert_array_equal(find_ink(drawing), find_ink(255 - drawing))
    assert find_ink(drawing).shape == (side, side)


# Photographs


@pytest.mark.parametrize("digit", STROKES)
@pytest.mark.parametrize("darkest", [0.85, 0.6, 0.45])
def test_pencil_on_paper_in_uneven_light(digit: int, darkest: float) -> None:
    photograph = on_lit_paper(draw(digit, size=600, side=380, left=110, top=110, pen=30), darkest)
    ink = find_ink(photograph)
    assert max(ink.shape) == SIDE
    assert alike(normalize(ink), normalize(255 - draw(digit, size=600, side=380, left=110, top=110, pen=30))) > 0.88


@pytest.mark.parametrize("digit", [0, 2, 5, 8])
def test_ruled_lines_are_not_ink(digit: int) -> None:
    drawing = draw(digit, size=600, side=340, left=130, top=130, pen=30)
    page = on_lit_paper(drawing, 0.8)
    for y in range(45, 600, 90):
        cv2.line(page, (0, y), (600, y), 120, 2, cv2.LINE_AA)
    assert alike(normalize(find_ink(page)), normalize(255 - drawing)) > 0.85


def test_a_distant_speck_is_not_part_of_the_digit() -> None:
    drawing = draw(3, size=600, side=300, left=60, top=60, pen=26)
    page = on_lit_paper(drawing, 0.8)
    cv2.circle(page, (560, 560), 6, 80, cv2.FILLED)
    assert alike(normalize(find_ink(page)), normalize(255 - drawing)) > 0.9


def test_pencil_that_differs_from_its_paper_by_ten_levels_is_read_in_half_shadow() -> None:
    drawing = draw(2, size=600, side=380, left=110, top=110, pen=30)
    page = 230 - (255 - drawing.astype(float)) / 255 * 10
    page[:, 250:] *= 0.6
    page += np.random.default_rng(1).normal(0, 2, page.shape)
    seen = normalize(find_ink(cv2.GaussianBlur(page, (0, 0), 1).astype(np.uint8)))
    assert alike(seen, normalize(255 - drawing)) > 0.85


def test_a_finger_at_the_edge_is_not_ink() -> None:
    drawing = draw(3, size=600, side=300, left=60, top=60, pen=22)
    page = on_lit_paper(drawing, 0.8)
    cv2.line(page, (600, 600), (500, 500), 100, 90, cv2.LINE_AA)
    assert alike(normalize(find_ink(page)), normalize(255 - drawing)) > 0.85


# Blank drawings


@given(level=st.integers(8, 23), digit=digits)
def test_faint_ink_on_even_paper_is_not_blank(level: int, digit: int) -> None:
    drawing = draw(digit)
    faint = np.round(200 - (255 - drawing.astype(float)) / 255 * level).astype(np.uint8)
    assert alike(normalize(find_ink(faint)), normalize(255 - drawing)) > 0.9


@given(paper=st.integers(0, 255), size=st.integers(1, 300))
def test_a_single_gray_level_is_blank(paper: int, size: int) -> None:
    with pytest.raises(BlankDrawing) as refused:
        find_ink(np.full((size, size), paper, np.uint8))
    assert refused.value.code == "blank_drawing"


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((280, 280, 4), np.uint8),
        np.dstack([np.full((280, 280, 3), 200, np.uint8), np.zeros((280, 280), np.uint8)]),
        np.full((280, 280, 3), (10, 200, 90), np.uint8),
        np.random.default_rng(0).integers(230, 242, (280, 280)).astype(np.uint8),
    ],
    ids=["transparent black", "transparent gray", "one color", "faint grain"],
)
def test_an_image_without_contrast_is_blank(image: Image) -> None:
    with pytest.raises(BlankDrawing, match="the drawing is blank"):
        find_ink(image)


def test_empty_paper_in_uneven_light_is_blank() -> None:
    with pytest.raises(BlankDrawing, match="the drawing is blank"):
        find_ink(on_lit_paper(np.full((600, 600), 255, np.uint8), 0.5))


@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    channels=st.sampled_from([1, 3, 4]),
    seed=st.integers(0, 2**32),
)
@example(shape=(4, 1), channels=1, seed=0)
def test_any_small_image_gives_ink_of_its_size_or_is_refused(shape: tuple[int, int], channels: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (*shape, channels)).astype(np.uint8)
    try:
        ink = find_ink(pixels[..., 0] if channels == 1 else pixels)
    except BlankDrawing:
        return
    assert ink.dtype == np.uint8
    assert ink.shape == shape
    assert ink.max() > 0


@pytest.mark.parametrize("shape", [(1, 280), (280, 1), (5, 3000), (3000, 5), (120, 120), (900, 700)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("share", [0.01, 0.4, 1.0])
def test_noise_of_any_shape_is_normalized_or_refused(shape: tuple[int, int], channels: int, share: float) -> None:
    rng = np.random.default_rng(7)
    noise = np.where(rng.random((*shape, 1)) < share, rng.integers(0, 256, (*shape, channels)), 255).astype(np.uint8)
    try:
        ink = find_ink(noise[..., 0] if channels == 1 else noise)
    except BlankDrawing:
        return
    assert normalize(ink).max() > 0
