"""The figures of each note, for each encoding, against teacher forcing by symbol."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.evaluation.note_figures import ReadPiece, note_figures
from lstm_music_jax.evaluation.teacher_forced import teacher_force
from lstm_music_jax.generation.composition import compose
from lstm_music_jax.generation.contexts import SlidingWindow
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.score import Score
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.testing.toy_model import ToyModel

ALPHABETS = [
    (Events(), ["shift_6", "duration_6", "duration_12", "pitch_60", "pitch_64"]),
    (NoteNames(), ["C4", "E-5", "4.9", "0.4.7"]),
    (
        Performance(),
        [
            *("shift_9", "velocity_3", "note_on_60", "note_off_60"),
            *("note_on_64", "note_off_64"),
        ],
    ),
]


def run_of(encoding, alphabet, start=True):
    vocabulary = Vocabulary.from_pieces([alphabet], start=start)
    size = len(vocabulary)
    table = np.random.default_rng(0).normal(0, 1, (size, size)).astype(np.float32)
    return SimpleNamespace(
        model=ToyModel(jnp.asarray(table)), vocabulary=vocabulary, encoding=encoding
    )


@pytest.fixture(params=ALPHABETS, ids=lambda pair: type(pair[0]).__name__)
def run(request):
    return run_of(*request.param)


@pytest.mark.parametrize("kept", [False, True])
def test_the_figures_of_a_composition(run, kept):
    context = SlidingWindow(4)
    primer = np.arange(4)
    prompt = np.array([run.vocabulary.start_id, *primer], np.int32)
    (piece,) = compose(
        run,
        jnp.asarray(prompt)[None],
        jax.random.key(1),
        notes=9,
        context=context,
        keep_primer=kept,
        ill_formed=True,
    )
    # The other piece is longer.
    other = ReadPiece(prompt, run.vocabulary.symbols_of(primer) * 50, Score(()))
    (_, found) = note_figures(
        run,
        [other, ReadPiece(prompt, piece.symbols, piece.score, kept)],
        context=context,
    )
    assert found.generated == (4 if kept else 0)
    drawn = run.vocabulary.ids_of(piece.symbols)[found.generated :]
    whole = np.concatenate([prompt, drawn])
    (forced,) = teacher_force(run.model, [whole], context=context)
    # The first symbol of the piece is the first after the prompt, or after its start.
    surprisal = forced.trace.surprisal[0 if kept else 4 :]
    np.testing.assert_allclose(
        found.symbol_surprisal, surprisal[: found.notes.heard], rtol=1e-5
    )
    ranks = forced.trace.rank[0 if kept else 4 :]
    counted = set()
    for number in range(len(piece.score.notes)):
        makers, strike = found.notes.makers[number], found.notes.strikes[number]
        np.testing.assert_allclose(
            found.surprisal[number], surprisal[makers].sum(), rtol=1e-5
        )
        assert found.symbols[number] == piece.symbols[strike]
        assert found.best_symbols[number].count(found.symbols[number]) == (
            ranks[strike] < 5
        )
        if ranks[strike] < 5:
            place = found.best_symbols[number].index(found.symbols[number])
            np.testing.assert_allclose(
                -np.log(found.probabilities[number][place]),
                surprisal[strike],
                rtol=1e-4,
            )
        counted |= set(makers)
    assert np.all(np.diff(found.probabilities, axis=1) <= 0)
    known = run.encoding.decode(run.vocabulary.symbols_of(primer)).score
    assert found.primer_notes == (len(known.notes) if kept else 0)
    # Skipped symbols make no note. So do the last ones, if no note follows them.
    skipped = sum(
        use is None
        for use in run.encoding.decode(
            piece.symbols[: found.notes.heard],
            after=() if kept else run.vocabulary.symbols_of(primer),
        ).uses
    )
    assert len(counted) <= found.notes.heard - skipped


def test_the_first_symbol_of_all_has_no_surprisal():
    run = run_of(*ALPHABETS[1], start=False)
    symbols = ["C4", "4.9"]
    score = run.encoding.decode(symbols).score
    piece = ReadPiece(np.zeros(1, np.int32), symbols, score, primer_kept=True)
    (found,) = note_figures(run, [piece])
    assert np.isnan(found.surprisal).tolist() == [True, False, False]
    assert found.surprisal[1] == found.surprisal[2] > 0
    assert found.probabilities[0].tolist() == [0] * found.probabilities.shape[1]
    assert found.primer_notes == 1
