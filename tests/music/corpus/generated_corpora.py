"""Corpora of random symbols, some with near-duplicates."""

import random

from hypothesis import strategies as st

from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.corpus.transposed_windows import SHARED_RUN
from lstm_music_jax.music.score import Chord, Part, Score


def corpus_of(*symbols):
    """Return a corpus of pieces with these symbols."""
    pieces = (Piece(f"piece {i}", tuple(each)) for i, each in enumerate(symbols))
    return Corpus.from_pieces(pieces, source="test")


def noise(seed, length):
    """Return random symbols."""
    draw = random.Random(seed)
    return [str(draw.randrange(50)) for _ in range(length)]


def runs(pieces):
    """Return every run of 64 symbols in `pieces`."""
    return {
        piece.symbols[i : i + SHARED_RUN]
        for piece in pieces
        for i in range(len(piece.symbols) - SHARED_RUN + 1)
    }


NOISE = [noise(seed, 150) for seed in range(12)]


@st.composite
def corpora(draw):
    """Draw the symbols of pieces. Some quote others in a run of 62 to 66 symbols."""
    pieces = []
    for index in range(draw(st.integers(2, 12))):
        piece = NOISE[index][: draw(st.integers(1, 150))]
        if pieces and draw(st.booleans()):
            source = draw(st.sampled_from(pieces))
            start = draw(st.integers(0, len(source)))
            length = draw(st.integers(SHARED_RUN - 2, SHARED_RUN + 2))
            piece = piece + source[start : start + length]
        pieces.append(piece)
    return pieces


def music(draw, length):
    """Return random chords of 1 to 3 pitches, each with a duration in ticks."""
    chords = (draw.sample(range(48, 72), draw.randint(1, 3)) for _ in range(length))
    return [(tuple(sorted(chord)), draw.choice((6, 12))) for chord in chords]


def transposed(piece, semitones):
    """Return the chords of `music` some semitones higher."""
    return [(tuple(p + semitones for p in pitches), d) for pitches, d in piece]


def score_of(piece):
    """Return the score of the chords of `music`, one after the other."""
    onset, chords = 0, []
    for pitches, duration in piece:
        chords.append(Chord(onset, duration, pitches))
        onset += duration
    return Score.from_parts([Part("", tuple(chords))])
