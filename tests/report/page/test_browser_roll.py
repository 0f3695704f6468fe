"""The piano roll in a real browser: what it draws, and how it is used."""

from itertools import combinations

import numpy as np
import pytest

from lstm_music_jax.music.score import Note, Score
from lstm_music_jax.report.page.piece import Passage, PlayedPiece
from lstm_music_jax.report.page.player import Player
from tests.report.page.shown_pieces import judged, position, scale
from tests.report.page.waiting import wait_until

pytestmark = pytest.mark.slow


def test_the_roll_follows_the_music_and_the_overview_leads_it(open_report):
    page = open_report([Player([PlayedPiece("a", scale(1000))])])
    scrolled = "document.querySelector('.roll').scrollLeft"
    strip = page.locator(".overview").bounding_box()
    page.mouse.click(strip["x"] + strip["width"] / 2, strip["y"] + 9)
    assert position(page) == pytest.approx(125, abs=0.5)
    assert page.evaluate(scrolled) == pytest.approx(250 * 44, abs=200)
    for _ in range(20):
        page.get_by_role("button", name="Zoom out").click()
    assert page.locator(".roll").evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    for _ in range(20):
        page.get_by_role("button", name="Zoom in").click()
    at = page.evaluate(scrolled)
    assert at == pytest.approx(250 * 400, rel=0.02)
    page.get_by_role("button", name="Play", exact=True).click()
    wait_until(lambda: page.evaluate(scrolled) > at + 200)
    wait_until(lambda: page.locator(".note-panel h3").count() == 1)


def test_the_keys_choose_notes_and_tell_about_them(open_report):
    page = open_report([Player([judged(scale(400))])])
    page.locator(".roll").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    panel = page.locator(".note-panel")
    assert panel.locator("h3").text_content() == "F3"
    rows = panel.locator(".alternatives tr").all_inner_texts()
    assert [row.split()[0] for row in rows[:4]] == ["E-4", "C4", "F4", "G4"]
    assert "50 %" in rows[0]
    assert "played" in rows[1]
    widths = [bar.bounding_box()["width"] for bar in panel.locator(".bar").all()[:4]]
    np.testing.assert_allclose(np.array(widths) / widths[0], [1, 0.5, 0.2, 0.1], 0.05)
    spoken = page.locator("[aria-live]").text_content()
    assert "F3" in spoken
    assert "6 of 400" in spoken
    assert "E-4 50 %" in spoken
    assert position(page) == pytest.approx(5 * 0.25)
    page.keyboard.press("End")
    assert "400 of 400" in panel.text_content()
    assert page.locator(".roll").evaluate("roll => roll.scrollLeft") > 1000
    page.keyboard.press("ArrowLeft")
    assert "399 of 400" in panel.text_content()
    page.keyboard.press("Home")
    assert "1 of 400" in panel.text_content()
    assert page.locator(".roll").evaluate("roll => roll.scrollLeft") == 0
    page.keyboard.press("Space")
    page.wait_for_selector("[data-state=playing]")
    page.keyboard.press("Space")
    page.wait_for_selector("[data-state=paused]")


def drawn(page):
    """Return the piano roll as it is drawn: height, width, and red, green and blue."""
    width, height, pixels = page.evaluate("""async () => {
      await new Promise(requestAnimationFrame);
      const canvas = document.querySelector(".roll canvas");
      const { width, height } = canvas;
      const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
      return [width, height, new Uint32Array(data.buffer).join(" ")];
    }""")
    packed = np.array(pixels.split(), np.uint32).astype("<u4")
    return packed.view(np.uint8).reshape(height, width, 4)[..., :3]


# Records each text that is painted: its words, and the four edges of its box.
RECORD_TEXTS = """() => {
  const paint = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    window.texts.push([text, x, x + this.measureText(text).width, y - 6, y + 6]);
    return paint.call(this, text, x, y);
  };
  // Each painting begins with the background. A busy machine may paint several times.
  const fill = CanvasRenderingContext2D.prototype.fillRect;
  CanvasRenderingContext2D.prototype.fillRect = function (x, y, width, height) {
    const isRoll = this.canvas.closest(".roll") && width === this.canvas.clientWidth;
    if (isRoll && x === 0 && y === 0) window.texts = [];
    return fill.call(this, x, y, width, height);
  };
}"""


def painted_names(page, button):
    """Press a button that paints the roll; return the boxes of the names of copies."""
    page.evaluate("window.texts = []")
    page.get_by_role("button", name=button).click()
    page.evaluate("new Promise(requestAnimationFrame)")
    return [each for each in page.evaluate("window.texts") if "copied" in each[0]]


def overlapping(boxes):
    """Return the pairs of boxes that overlap."""
    return [
        (one, other)
        for one, other in combinations(boxes, 2)
        if one[1] < other[2] and other[1] < one[2]
        if one[3] < other[4] and other[3] < one[4]
    ]


def test_names_of_overlapping_copies_do_not_cover_one_another(open_report):
    long = "a name that is far too long for the passage that it names"
    copies = [
        Passage(0, 20, "first chorale", 41, 0),
        Passage(8, 40, "second chorale", 41, 0),
        Passage(12, 44, "third chorale", 41, 0),
        Passage(16, 48, "one without a row", 41, 0),
        Passage(22, 27, long, 41, 0),
        Passage(28, 60, "last chorale", 41, 0),
    ]
    page = open_report([Player([PlayedPiece("a", scale(100), copies=copies)])])
    page.evaluate(RECORD_TEXTS)
    names = painted_names(page, "Zoom in")
    for ordinal in ("first", "second", "third"):
        assert f"copied from {ordinal} chorale" in [name for name, *_ in names]
    assert [name for name, *_ in names if name.endswith("…")]
    assert overlapping(names) == []
    for _ in range(5):
        assert overlapping(painted_names(page, "Zoom out")) == []
    # Once the beginnings of all passages are out of sight, their names begin together.
    for _ in range(5):
        painted_names(page, "Zoom in")
    page.locator(".roll").evaluate("roll => { roll.scrollLeft = 19 * 22 }")
    names = painted_names(page, "Zoom in")
    assert len(names) >= 3
    assert overlapping(names) == []


@pytest.mark.parametrize("pixels", [1, 2])
def test_notes_are_drawn_and_can_be_pointed_at(open_report, pixels):
    notes = [Note(12, 50, 24), Note(60, 80, 24), Note(96, 64, 24)]
    score = Score.from_notes(notes)
    piece = PlayedPiece("a", score, surprisal=np.array([0, 5, np.nan]))
    page = open_report([Player([piece])], device_scale_factor=pixels)
    # Where the notes should be: 44 pixels per quarter, right of 34 pixels of keys; one
    # row per pitch from 48 to 82, below 20 pixels of names and above 64 of surprisal
    # and time.
    box = page.locator(".roll canvas").bounding_box()
    left, width = 34 + np.array([12, 60, 96]) * 44 / 12, 24 * 44 / 12
    y = 20 + (82 - np.array([50, 80, 64]) + 0.5) * (box["height"] - 84) / 35
    picture = drawn(page)
    rows = np.round(y * pixels).astype(int)
    for offset, inside in [
        (-3, False),
        (3, True),
        (width - 4, True),
        (width + 3, False),
    ]:
        columns = np.round((left + offset) * pixels).astype(int)
        same = picture[rows, columns] == [
            (49, 104, 142),
            (253, 231, 37),
            (154, 163, 178),
        ]
        assert same.all(1).tolist() == [inside] * 3
    x = left + width / 2
    page.mouse.move(box["x"] + x[1], box["y"] + y[1])
    assert page.locator(".note-panel h3").text_content() == "G♯5"
    page.mouse.move(box["x"] + x[1], box["y"] + y[0])
    assert page.locator(".note-panel h3").count() == 0
    page.mouse.click(box["x"] + x[2], box["y"] + y[2])
    assert position(page) == pytest.approx(96 / 24)
    panel = page.locator(".note-panel").text_content()
    assert "E4" in panel
    assert "surprisal" not in panel
