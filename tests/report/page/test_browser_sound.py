"""What the report plays, rendered in a real browser: onsets, peaks and loudness."""

import base64

import numpy as np
import pytest
from scipy.signal import lfilter

from lstm_music_jax.music.score import Note, Score, Tempo
from lstm_music_jax.report.page.piece import PlayedPiece
from lstm_music_jax.report.page.player import Player
from tests.report.page.shown_pieces import scale

pytestmark = pytest.mark.slow

RATE = 48_000


# Renders the piece `number` of the page, at the loudness at which the page plays it.
RENDER = """async (number) => {
  const { Instrument } = await import("report/instrument.js");
  const { matchingGain } = await import("report/loudness.js");
  const { unpackPiece } = await import("report/unpack.js");
  const { readData } = await import("report/data.js");
  const data = await readData();
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


def rendered(page, number=0):
    """Return what a piece of the page sounds like, mono, at 48 kHz."""
    return np.frombuffer(base64.b64decode(page.evaluate(RENDER, number)), np.float32)


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
