"""The report in a real browser: names, markup, controls and colours."""

import re

import numpy as np
import pytest

from lstm_music_jax.music.score import Note, Score, Tempo
from lstm_music_jax.music.tempo_map import TempoMap
from lstm_music_jax.report.page.blocks import Command, Facts, Paragraph, Picture
from lstm_music_jax.report.page.document import write_report
from lstm_music_jax.report.page.piece import Alternatives, PlayedPiece
from lstm_music_jax.report.page.player import Player
from tests.report.page.shown_pieces import HOSTILE, judged, scale

pytestmark = pytest.mark.slow


def test_hostile_names_are_shown_as_text(open_report):
    piece = judged(scale(48), f"piece {HOSTILE}")
    blocks = [
        Paragraph(HOSTILE, lead=True),
        Command(HOSTILE),
        Facts(HOSTILE, {HOSTILE: HOSTILE}),
        Picture(b"<svg xmlns='http://www.w3.org/2000/svg'/>", f'">{HOSTILE}'),
        Player([piece, PlayedPiece("other", scale(3))]),
    ]
    page = open_report(blocks)
    assert page.locator(".pieces button span").first.text_content() == piece.name
    page.locator(".roll").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    panel = page.locator(".note-panel").text_content()
    assert HOSTILE in panel
    assert f"source {HOSTILE}" in panel
    assert HOSTILE in page.locator(".facts").text_content()
    assert page.locator("img").count() == 1
    assert page.evaluate("window.hacked") is None


class Unescaped:
    """A block that forgets to escape hostile text, which holds several scripts."""

    def html(self, data):
        code = "window.hacked=1"
        url = f"data:text/javascript,{code}"
        return (
            f"<script>{code}</script><img src=data:, onerror='{code}'>"
            f"<script src='{url}'></script><script type=module src='{url}'></script>"
            f"<iframe srcdoc='<script>parent.{code}</script>'></iframe>"
            "<p class=text>text</p>"
        )


def test_scripts_that_markup_smuggles_in_do_not_run(browser, tmp_path):
    path = tmp_path / "report.html"
    blocks = [Unescaped(), Player([PlayedPiece("a", scale(3))])]
    write_report(path, "Report", blocks)
    page = browser.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(path.as_uri())
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert page.evaluate("window.hacked") is None
    assert len(refused) >= 5
    page.close()


def test_the_page_unpacks_the_notes_of_the_score(open_report):
    notes = [
        Note(0, 60, 12),
        Note(5, 127, 2**20, 127),
        Note(300, 0, 1, 1),
        Note(2**33, 64, 200),
    ]
    tempos = [Tempo(3, 45.5), Tempo(200, 240.0)]
    score = Score.from_notes(notes, ticks_per_quarter=480, tempos=tempos)
    surprisal = np.array([0.0, np.nan, 12.7, 1.25])
    page = open_report([Player([PlayedPiece("a", score, surprisal=surprisal)])])
    found = page.evaluate("""async () => {
      const { unpackPiece } = await import("report/unpack.js");
      const { readData } = await import("report/data.js");
      const data = await readData();
      return unpackPiece(data.pieces[0], data).notes;
    }""")
    names = ("onset", "pitch", "duration", "velocity")
    unpacked = tuple(Note(*(note[name] for name in names)) for note in found)
    assert unpacked == score.notes
    seconds = TempoMap(tempos, 480).seconds([note.onset for note in score.notes])
    np.testing.assert_allclose([note["start"] for note in found], seconds)
    assert [note.get("surprisal") for note in found] == [0, None, 12.7, 1.25]


def test_what_is_not_known_is_not_said(open_report):
    # The first note was not predicted; the second has more than the page can hold.
    shares = np.array([[0.0] * 5, [0.9, 0.05, 0.004, 0.001, 0.001]])
    symbols = ["pitch_63", "C4", "note_on_64", "shift_1", "duration_12"]
    alternatives = Alternatives([symbols] * 2, shares)
    piece = PlayedPiece(
        "a",
        scale(2),
        surprisal=np.array([np.nan, 20.0]),
        symbols=["C4", "B4"],
        alternatives=alternatives,
    )
    page = open_report([Player([piece])])
    page.locator(".roll").focus()
    page.keyboard.press("Home")
    assert page.locator(".alternatives").count() == 0
    assert "surprisal" not in page.locator(".note-panel").text_content()
    page.keyboard.press("End")
    assert "12.7 nats or more" in page.locator(".note-panel").text_content()
    rows = page.locator(".alternatives tr").all_inner_texts()
    assert [" ".join(row.split()) for row in rows] == [
        "pitch_63 (E♭4) 90 %",
        "C4 5 %",
        "note_on_64 (E4) < 1 %",
        "shift_1 < 1 %",
        "duration_12 < 1 %",
        "B4 ◂ played not among these",
    ]


def test_all_controls_have_names_and_show_the_focus(open_report):
    page = open_report([Player([judged(scale(48))])])
    controls = page.locator(".player").aria_snapshot()
    for name in (
        "Play",
        "Position",
        "Tempo",
        "Volume",
        "Zoom in",
        "Piano roll of piece",
    ):
        assert f'"{name}' in controls
    assert not re.search(r"- (button|slider|application)\W*$", controls, re.MULTILINE)
    reached = []
    while len(reached) < 8:
        page.keyboard.press("Tab")
        focused = "document.activeElement"
        assert page.evaluate(f"getComputedStyle({focused}).outlineWidth") == "3px"
        reached.append(page.evaluate(f"{focused}.className || {focused}.type"))
    assert reached[1:6] == ["play", "range", "range", "range", "roll"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_on_a_phone(open_report, scheme):
    blocks = [
        Paragraph("What was found.", lead=True),
        Player([judged(scale(48), name) for name in ("a", "b" * 60)]),
        Facts("Settings", {"name" * 5: "value" * 50}),
        Command("python experiments/generate.py " + "x" * 90),
    ]
    viewport = {"width": 360, "height": 740}
    page = open_report(blocks, viewport=viewport, color_scheme=scheme)
    for summary in page.locator("summary").all():
        summary.click()
    page.locator(".roll").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(CONTRASTS) == []


# Elements whose text has a contrast of less than 4.5 to 1 against what is behind it.
CONTRASTS = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = numbers(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return numbers(colour)[3] === 0 ? ground(element.parentElement) : colour;
  };
  const contrast = (element) => {
    const both = [getComputedStyle(element).color, ground(element)].map(luminance);
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  };
  const texts = [...document.querySelectorAll("main *")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return texts.filter((element) => contrast(element) < 4.5)
    .map((element) => `${element.outerHTML}: ${contrast(element)}`);
}"""
