"""As many notes as asked for, in either encoding, with and without the primer."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax import (
    Events,
    MusicLSTM,
    NoteNames,
    Run,
    Vocabulary,
    compose,
    start_prompts,
    strategies,
)

KEY = jax.random.key(0)
EVENTS = ("pitch_60", "pitch_64", "pitch_67", "shift_6", "shift_12", "duration_6")
NAMES = ("C4", "E4", "4.9", "G5")


def make_run(encoding, symbols, start=True):
    vocabulary = Vocabulary.from_pieces([symbols], start=start)
    model = MusicLSTM(len(vocabulary), (8,), key=KEY)
    return Run(model, vocabulary, encoding, {})


@pytest.fixture(params=["events", "names"])
def run(request):
    if request.param == "events":
        return make_run(Events(), EVENTS)
    return make_run(NoteNames(), NAMES)


def count(run, score):
    """Sounding notes; with note names, notes or chords."""
    if isinstance(run.encoding, Events):
        return len(score.notes)
    return len({note.onset for note in score.notes})


def test_gives_the_notes_asked_for(run):
    for piece in compose(run, start_prompts(run, 3), KEY, notes=50):
        assert count(run, piece.score) == 50
        assert run.vocabulary.symbols[run.vocabulary.start_id] not in piece.symbols


def test_keeps_or_drops_the_primer(run):
    ids = run.vocabulary.encode(list(run.vocabulary.symbols[:4]) * 3)
    prompts = jnp.asarray(ids)[None]
    heard = run.encoding.decode(run.vocabulary.decode(ids)).count
    assert heard > 0
    (dropped,) = compose(run, prompts, KEY, notes=20)
    (kept,) = compose(run, prompts, KEY, notes=20, keep_primer=True)
    assert count(run, dropped.score) == 20
    assert count(run, kept.score) == 20 + heard
    assert kept.symbols[: len(ids)] == run.vocabulary.decode(ids)
    np.testing.assert_array_equal(kept.symbols[len(ids) :], dropped.symbols)


def test_draws_on_until_the_notes_are_there():
    """A model that mostly shifts takes many more symbols than two a note."""
    run = make_run(Events(), EVENTS)
    shift = run.vocabulary.encode(["shift_6"])[0]
    run.model.head_bias[...] = run.model.head_bias[...].at[shift].set(3.0)
    (piece,) = compose(run, start_prompts(run, 1), KEY, notes=40)
    assert len(piece.score.notes) == 40
    assert len(piece.symbols) > 4 * 40


def test_a_silent_model_is_an_error():
    run = make_run(Events(), EVENTS)
    shift = run.vocabulary.encode(["shift_6"])[0]
    run.model.head_bias[...] = run.model.head_bias[...].at[shift].set(30.0)
    with pytest.raises(ValueError, match="notes is 10; within 160 symbols"):
        compose(run, start_prompts(run, 1), KEY, notes=10, strategy=strategies.Greedy())


def test_wrong_arguments_are_named(run):
    with pytest.raises(ValueError, match="notes is 0; it must be at least 1"):
        compose(run, start_prompts(run, 1), KEY, notes=0)
    with pytest.raises(ValueError, match="pieces is 0; it must be at least 1"):
        start_prompts(run, 0)
    with pytest.raises(ValueError, match="without a start symbol"):
        start_prompts(make_run(NoteNames(), NAMES, start=False), 1)
