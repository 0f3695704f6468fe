"""Playing in a real browser: play, pause, seek, and in time."""

import time

import numpy as np
import pytest

from lstm_music_jax.report.page.piece import PlayedPiece
from lstm_music_jax.report.page.player import Player
from tests.report.page.shown_pieces import MOMENT, position, scale
from tests.report.page.waiting import wait_until

pytestmark = pytest.mark.slow


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


def test_only_one_player_plays(open_report):
    page = open_report([Player([PlayedPiece(name, scale(99))]) for name in "ab"])
    for button in page.locator(".play").all():
        button.click()
    states = [e.get_attribute("data-state") for e in page.locator(".player").all()]
    assert states == ["paused", "playing"]


def test_only_one_of_two_pages_plays(open_report):
    page = open_report([Player([PlayedPiece("a", scale(99))])])
    page.get_by_role("button", name="Play", exact=True).click()
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_selector("[data-state=paused]")
    assert other.locator("[data-state=playing]").count() == 1
