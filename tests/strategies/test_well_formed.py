"""WellFormed: it forbids what decoding would skip, and nothing else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax import Run, compose, generate
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import Chain, Greedy, WellFormed

KEY = jax.random.key(0)
LENGTH = 100
EVENTS = (
    *("pitch_0", "pitch_60", "pitch_61", "pitch_127", "shift_1", "shift_48"),
    *("shift_49", "shift_97", "duration_5", "duration_96", "duration_97"),
    *("duration_193", "pitch_128", "pitch_060", "note_on_60", "C4"),
)
PERFORMANCE = (
    *("note_on_0", "note_on_60", "note_on_61", "note_on_127", "note_off_0"),
    *("note_off_60", "note_off_61", "note_off_127", "shift_1", "shift_100"),
    *("velocity_1", "velocity_32", "velocity_33", "shift_101", "pitch_60", "?"),
)
NAMES = ("C4", "E-5", "Eb5", "4.9", "9.4", "0", "12", "C", "C99", "pitch_60", "4.4")
WRITINGS = {
    "events": (Events(), EVENTS),
    "events of grid 24": (Events(24), EVENTS),
    "performance": (Performance(), PERFORMANCE),
    "names": (NoteNames(), NAMES),
}


def vocabulary_of(symbols):
    return Vocabulary((*symbols, "<start>", "<end>"), "<start>", "<end>")


def masks_along(strategy, tokens):
    """Return which symbols are allowed before each token, bool `[t v]`."""

    @jax.jit
    def run(tokens):
        def read(state, token):
            logits = jnp.zeros(len(strategy.vocabulary))
            shaped, state = strategy.apply(logits, state, KEY)
            return strategy.observe(token, state), shaped == 0

        state = strategy.init(len(strategy.vocabulary))
        return jax.lax.scan(read, state, tokens)[1]

    return np.asarray(run(tokens))


@pytest.mark.parametrize("name", WRITINGS)
def test_it_forbids_what_decoding_would_skip(name):
    """Random symbols, ill-formed ones too; every symbol is tried after each of them."""
    encoding, symbols = WRITINGS[name]
    vocabulary = vocabulary_of(symbols)
    rng = np.random.default_rng(0)
    tokens = rng.integers(len(vocabulary), size=LENGTH, dtype=np.int32)
    read = vocabulary.symbols_of(tokens)
    wanted = [
        [
            symbol == "<end>" or not encoding.decode([symbol], after=read[:k]).skipped
            for symbol in vocabulary.symbols
        ]
        for k in range(LENGTH)
    ]
    got = masks_along(WellFormed(vocabulary, encoding), tokens)
    np.testing.assert_array_equal(got, wanted)
    # Except for names, what is allowed depends on what came before.
    depends = np.any(got != got[0])
    assert depends == (not isinstance(encoding, NoteNames))


def test_a_vocabulary_without_releases_or_shifts_obeys_its_encoding():
    keys = Vocabulary(("note_on_60", "note_on_62", "shift_5"))
    after = masks_along(WellFormed(keys, Performance()), np.int32([0, 2, 1]))[-1]
    assert after.tolist() == [False, True, True]
    still = Vocabulary(("pitch_60", "pitch_62"))
    after = masks_along(WellFormed(still, Events()), np.int32([0, 1]))[-1]
    assert after.tolist() == [False, True]


def test_where_all_symbols_are_forbidden_a_chain_ignores_it_and_counts():
    vocabulary = Vocabulary(("pitch_60", "pitch_62", "<start>"), "<start>")
    mask = WellFormed(vocabulary, Events())
    assert not masks_along(mask, np.int32([0, 1, 0]))[-1].any()
    model = MusicLSTM(3, (4,), key=KEY)
    drawn = generate(
        model, jnp.int32([[2]]), KEY, length=5, strategy=Chain(mask, Greedy())
    )
    assert set(drawn.tokens[0, :2].tolist()) == {0, 1}
    np.testing.assert_array_equal(drawn.fallbacks, [3])


PRIMERS = {
    "events": ["pitch_60", "pitch_060", "pitch_60", "shift_1", "pitch_60", "pitch_61"],
    "performance": [
        *("note_off_60", "note_on_61", "note_on_61", "shift_1", "note_on_60"),
        "note_off_60",
    ],
    "names": ["C4", "Eb5", "4.9", "C", "C4", "C4"],
}


def run_of(name):
    """Return a run that likes ill-formed symbols, and shifts."""
    encoding, symbols = WRITINGS[name]
    vocabulary = vocabulary_of(symbols)
    model = MusicLSTM(len(vocabulary), (8,), key=KEY)
    shifts = [encoding.time_shift(symbol) > 0 for symbol in vocabulary.symbols]
    model.head_bias[...] = jnp.where(jnp.array(shifts), 1.5, 0.0)
    return Run(model, vocabulary, encoding, {})


@pytest.mark.parametrize("name", PRIMERS)
def test_no_symbol_of_a_composition_is_skipped(name):
    """Also behind a primer, kept or dropped, and where more symbols are drawn."""
    run = run_of(name)
    ids = jnp.asarray(run.vocabulary.ids_of(PRIMERS[name]))
    prompts = jnp.stack([ids, jnp.roll(ids, 1)])
    kept = compose(run, prompts, KEY, notes=30, keep_primer=True)
    dropped = compose(run, prompts, KEY, notes=30)
    for piece in (*kept, *dropped):
        assert piece.skipped == piece.fallbacks == 0
    if name != "names":
        # More symbols were drawn than in the first block.
        lengths = [len(piece.symbols) for piece in dropped]
        assert min(lengths) > 30 * run.encoding.symbols_per_note
    for piece in compose(run, prompts, KEY, notes=30, ill_formed=True):
        assert piece.skipped > 0
