"""The report in a real browser: what it shows, what it plays, and how keys use it."""

import base64
import re
import time
from itertools import combinations

import numpy as np
import pytest
from scipy.signal import lfilter

from lstm_music_jax.music.score import Note, Score, Tempo
from lstm_music_jax.music.tempo_map import TempoMap
from lstm_music_jax.report.page.blocks import Command, Facts, Paragraph, Picture
from lstm_music_jax.report.page.document import write_report
from lstm_music_jax.report.page.piece import Alternatives, Mark, Passage, PlayedPiece
from lstm_music_jax.report.page.player import Player
from tests.report.page.waiting import wait_until

HOSTILE = "</script><img src=x onerror='hacked=1'><script>window.hacked=1</script>"
RATE = 48_000

# Renders the piece `number` of the page, at the loudness at which the page plays it.
RENDER = """async (number) => {
  const { Instrument } = await import("report/instrument.js");
  const { matchingGain } = await import("report/loudness.js");
  const { unpackPiece } = await import("report/unpack.js");
  const data = JSON.parse(document.getElementById("data").textContent);
  const { notes, seconds } = unpackPiece(data.pieces[number], data);
  const context = new OfflineAudioContext(1, 48000 * (seconds + 1), 48000);
  const instrument = new Instrument(context, context.destination, matchingGain(notes));
  for (const note of notes) instrument.strike(note, note.start, note.stop - note.start);
  const samples = (await context.startRendering()).getChannelData(0);
  const bytes = new Uint8Array(samples.buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}"""


def scale(count, *, velocity=90, tempo=120.0):
    """Return a score of eighths: a scale, up and down again, over two octaves."""
    steps = [*range(24), *range(24, 0, -1)]
    notes = [Note(6 * i, 48 + steps[i % 48], 6, velocity) for i in range(count)]
    return Score.from_notes(notes, tempos=[Tempo(0, tempo)])


def judged(score, name="piece"):
    """Return a piece with all that the page can show of it."""
    n = len(score.notes)
    return PlayedPiece(
        name,
        score,
        primer_notes=3,
        surprisal=np.linspace(0, 4, n),
        symbols=["C4"] * n,
        alternatives=Alternatives(
            [["E-4", "C4", "F4", "G4", HOSTILE]] * n,
            np.tile([0.5, 0.25, 0.1, 0.05, 0.001], (n, 1)),
        ),
        copies=[Passage(5, 9, f"source {HOSTILE}", 37, -2)],
        skipped=[(72, 84)],
        marks=[Mark(12, f"mark {HOSTILE}")],
        facts={f"fact {HOSTILE}": HOSTILE},
    )


def rendered(page, number=0):
    """Return what a piece of the page sounds like, mono, at 48 kHz."""
    return np.frombuffer(base64.b64decode(page.evaluate(RENDER, number)), np.float32)


# The time, and the position of the player, which it shows once per frame; seconds.
MOMENT = """() => new Promise((resolve) => requestAnimationFrame(() => resolve([
  performance.now() / 1000,
  Number(document.querySelector(".seek input").value),
])))"""


def position(page):
    """Return where the player is, in seconds of the piece."""
    return float(page.locator(".seek input").input_value())


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
      const data = JSON.parse(document.getElementById("data").textContent);
      return unpackPiece(data.pieces[0], data).notes;
    }""")
    names = ("onset", "pitch", "duration", "velocity")
    unpacked = tuple(Note(*(note[name] for name in names)) for note in found)
    assert unpacked == score.notes
    seconds = TempoMap(tempos, 480).seconds([note.onset for note in score.notes])
    np.testing.assert_allclose([note["start"] for note in found], seconds)
    assert [note.get("surprisal") for note in found] == [0, None, 12.7, 1.25]


def test_it_plays_pauses_and_seeks_in_time(open_report):
    page = open_report([Player([PlayedPiece("a", scale(200))])])
    assert page.locator(".player").get_attribute("data-state") == "paused"
    page.get_by_role("button", name="Play", exact=True).click()
    wait_until(lambda: position(page) > 0.1)
    for tempo in (1, 2):
        page.get_by_label("Tempo").fill(str(tempo))
        began = page.evaluate(MOMENT)
        time.sleep(1)
        passed, played = np.subtract(page.evaluate(MOMENT), began)
        assert played == pytest.approx(tempo * passed, rel=0.2)
    page.get_by_label("Position").fill("30")
    page.get_by_role("button", name="Pause").click()
    assert page.locator(".player").get_attribute("data-state") == "paused"
    stopped = position(page)
    assert 30 <= stopped < 32
    time.sleep(0.2)
    assert position(page) == stopped


def test_a_thousand_notes_are_struck_in_time(open_report):
    # 1000 notes in about 4 seconds, at twice the tempo.
    player = Player([PlayedPiece("a", scale(1000, tempo=3840.0))])
    page = open_report([player], reduced_motion="reduce")
    # The times at which Web Audio is told to strike the notes; it plays none, because
    # that would take a while.
    page.evaluate("""() => {
      window.strikes = [];
      AudioBufferSourceNode.prototype.start = (when) => window.strikes.push(when);
      AudioBufferSourceNode.prototype.stop = () => {};
    }""")
    page.get_by_label("Tempo").fill("2")
    page.get_by_role("button", name="Play", exact=True).click()
    wait_until(lambda: page.evaluate("window.strikes.length") >= 1000)
    strikes = np.array(page.evaluate("window.strikes"))
    expected = np.arange(1000) * 60 / 3840 / 2 / 2
    np.testing.assert_allclose(strikes - strikes[0], expected, atol=1e-6)
    assert page.locator(".note-panel h3").count() == 0
    page.wait_for_selector("[data-state=paused]")
    assert position(page) == 0


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


def test_only_one_player_plays(open_report):
    page = open_report([Player([PlayedPiece(name, scale(99))]) for name in "ab"])
    for button in page.locator(".play").all():
        button.click()
    states = [e.get_attribute("data-state") for e in page.locator(".player").all()]
    assert states == ["paused", "playing"]


def test_notes_sound_where_they_are(open_report):
    # The highest and the lowest keys of a piano, loud and soft, at uneven times.
    pitches = [60, 21, 108, 72, 36, 84, 96]
    onsets = np.cumsum([3, 7, 5, 11, 6, 9, 8])
    velocities = [90, 127, 30, 64, 40, 100, 20]
    notes = [
        Note(int(onset), pitch, 2, velocity)
        for onset, pitch, velocity in zip(onsets, pitches, velocities, strict=True)
    ]
    score = Score.from_notes(notes, tempos=[Tempo(0, 60.0)])
    page = open_report([Player([PlayedPiece("a", score)])])
    sound = rendered(page)
    power = np.convolve(sound**2, np.ones(480) / 480)[:: RATE // 1000]  # of 10 ms
    for onset in onsets / 12:
        at = round(1000 * onset)
        before, after = power[at - 20 : at].max(), power[at : at + 40].max()
        assert after > 4 * before
        # It begins at the onset, and not before it or after it.
        begin = at - 20 + np.flatnonzero(power[at - 20 :] > before + 0.1 * after)[0]
        assert at - 1 <= begin <= at + 15


def test_loud_chords_do_not_clip(open_report):
    chord = [36, 43, 48, 52, 55, 60, 64, 67, 72, 76, 79, 84]
    notes = [Note(48 * i, p, 12, 127) for i in range(2) for p in chord]
    page = open_report([Player([PlayedPiece("a", Score.from_notes(notes))])])
    assert 0.1 < np.abs(rendered(page)).max() < 1


def test_pieces_are_equally_loud(open_report):
    low = [Note(24 * i, p, 24, 110) for i in range(6) for p in (36, 43, 48, 52)]
    major = [Note(12 * i, p, 9, 60) for i in range(10) for p in (48, 60, 64, 67)]
    chords = [Score.from_notes(notes) for notes in (low, major)]
    pieces = [scale(24), scale(24, velocity=15), *chords]
    page = open_report([Player([PlayedPiece("a", score) for score in pieces])])
    levels = [loudness(rendered(page, number)) for number in range(len(pieces))]
    np.testing.assert_allclose(levels, -20, atol=1)


def loudness(sound):
    """Return the loudness after ITU-R BS.1770-4 of mono sound at 48 kHz, LUFS."""
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285]
    sound = lfilter(shelf, [1, -1.69065929318241, 0.73248077421585], sound)
    sound = lfilter([1, -2, 1], [1, -1.99004745483398, 0.99007225036621], sound)
    steps = (sound[: len(sound) // 4800 * 4800] ** 2).reshape(-1, 4800).mean(1)
    blocks = np.convolve(steps, np.ones(4) / 4, "valid")
    blocks = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
    blocks = blocks[blocks > blocks.mean() / 10]
    return 10 * np.log10(blocks.mean()) - 0.691


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
