"""Players in the output of notebook cells, in a real browser."""

import pytest

from lstm_music_jax.music.score import Note, Score
from lstm_music_jax.report.page.blocks import Paragraph
from lstm_music_jax.report.page.document import document
from lstm_music_jax.report.page.piece import PlayedPiece
from lstm_music_jax.report.page.player import Player
from tests.report.page.waiting import wait_until

pytestmark = pytest.mark.slow

PAINTED = """(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""


def scores(count):
    return [
        Score.from_notes([Note(6 * k, 60 + (k * each) % 12, 6) for k in range(99)])
        for each in range(1, count + 1)
    ]


@pytest.fixture
def notebook(browser, tmp_path):
    """A page with the outputs of two cells, as a notebook shows them."""
    problems = []
    outputs = "".join(f"<div>{score._repr_html_()}</div>" for score in scores(2))
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{outputs}</body>")
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(path.as_uri())
    yield page
    context.close()
    assert problems == []


def test_each_output_has_a_player_that_plays(notebook):
    for details in notebook.locator("details").all():
        details.locator("summary").press("Enter")
        wait_until(lambda details=details: details.evaluate("(each) => each.open"))
    players = [frame for frame in notebook.frames if frame.parent_frame]
    assert len(players) == 2
    for frame in players:
        canvas = frame.locator(".roll canvas")
        # The roll is painted some time after the output is opened.
        wait_until(lambda canvas=canvas: canvas.evaluate("(canvas) => canvas.width"))
        wait_until(lambda canvas=canvas: canvas.evaluate(PAINTED) > 5)
        frame.get_by_role("button", name="Play", exact=True).click()
        seek = frame.locator(".seek input")
        wait_until(lambda seek=seek: float(seek.input_value()) > 0.2)
        # Nothing has to be scrolled.
        root = "document.documentElement"
        assert frame.evaluate(f"{root}.scrollHeight <= {root}.clientHeight")


def test_one_output_of_a_notebook_plays_at_a_time(notebook):
    buttons = []
    for details in notebook.locator("details").all():
        details.locator("summary").press("Enter")
    for frame in (frame for frame in notebook.frames if frame.parent_frame):
        frame.get_by_role("button", name="Play", exact=True).click()
        buttons.append(frame.locator(".play"))
    wait_until(lambda: buttons[0].text_content() == "Play")
    assert buttons[1].text_content() == "Pause"
    buttons[0].click()
    wait_until(lambda: buttons[1].text_content() == "Play")
    assert buttons[0].text_content() == "Pause"


def test_a_player_cannot_reach_the_notebook(notebook):
    frame = next(frame for frame in notebook.frames if frame.parent_frame)
    reached = frame.evaluate(
        "() => { try { return parent.document.title } catch { return 'no' } }"
    )
    assert reached == "no"


def test_a_page_holds_only_the_code_that_it_runs():
    player = Player([PlayedPiece("a", Score.from_notes([Note(0, 60, 6)]))])
    assert '"report/player.js"' in document("a", [player])
    assert '"report/ballot.js"' not in document("a", [player])
    assert '"report/' not in document("a", [Paragraph("text")])
