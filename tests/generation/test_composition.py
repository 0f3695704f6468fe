"""Composition: the requested number of notes, in two encodings; the primer."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax import (
    SMC,
    Arithmetic,
    BatchPart,
    BeamSearch,
    Events,
    MusicLSTM,
    NoteNames,
    ReadPiece,
    Run,
    SlidingWindow,
    Vocabulary,
    compose,
    generate,
    note_figures,
    start_prompts,
    strategies,
)
from lstm_music_jax.generation import composition
from lstm_music_jax.generation.masks import masks
from lstm_music_jax.music.score import Score
from lstm_music_jax.system import progress

KEY = jax.random.key(0)
EVENTS = ("pitch_60", "pitch_64", "pitch_67", "shift_6", "shift_12", "duration_6")
NAMES = ("C4", "E4", "4.9", "G5")


def make_run(encoding, symbols, start=True, end=True):
    vocabulary = Vocabulary.from_pieces([symbols], start=start, end=end)
    model = MusicLSTM(len(vocabulary), (8,), key=KEY)
    return Run(model, vocabulary, encoding, {})


@pytest.fixture(params=["events", "names"])
def run(request):
    if request.param == "events":
        return make_run(Events(), EVENTS)
    return make_run(NoteNames(), NAMES)


def count(run, score):
    """Return the number of notes; with note names, a chord counts once."""
    if isinstance(run.encoding, Events):
        return len(score.notes)
    return len({note.onset for note in score.notes})


def test_gives_the_requested_number_of_notes(run):
    for piece in compose(run, start_prompts(run, 3), KEY, notes=50):
        assert count(run, piece.score) == 50
        assert not {"<start>", "<end>"}.intersection(piece.symbols)
        assert not piece.ended


def test_keeps_or_drops_the_primer(run):
    ids = run.vocabulary.ids_of(list(run.vocabulary.symbols[:4]) * 3)
    prompts = jnp.asarray(ids)[None]
    heard = run.encoding.decode(run.vocabulary.symbols_of(ids)).note_count
    assert heard > 0
    (dropped,) = compose(run, prompts, KEY, notes=20)
    (kept,) = compose(run, prompts, KEY, notes=20, keep_primer=True)
    assert count(run, dropped.score) == 20
    assert count(run, kept.score) == 20 + heard
    assert kept.symbols[: len(ids)] == run.vocabulary.symbols_of(ids)
    np.testing.assert_array_equal(kept.symbols[len(ids) :], dropped.symbols)


def test_a_dropped_primer_leaves_its_note_length_in_force():
    run = make_run(Events(), ("pitch_60", "pitch_64", "shift_6", "duration_6"))
    primer = ["duration_6", "pitch_60", "pitch_64", "shift_6", "duration_6"]
    prompts = jnp.asarray(run.vocabulary.ids_of(primer))[None]
    (dropped,) = compose(run, prompts, KEY, notes=20)
    (kept,) = compose(run, prompts, KEY, notes=20, keep_primer=True)
    later = [note._replace(onset=note.onset + 6) for note in dropped.score.notes]
    first = run.encoding.decode(primer).score.notes
    assert Score.from_notes([*first, *later]).notes == kept.score.notes


def test_draws_more_symbols_until_there_are_enough_notes():
    """A model that mostly shifts time needs many more than two symbols per note."""
    run = make_run(Events(), EVENTS)
    shift = run.vocabulary.ids_of(["shift_6"])[0]
    run.model.head_bias[...] = run.model.head_bias[...].at[shift].set(3.0)
    (piece,) = compose(run, start_prompts(run, 1), KEY, notes=40)
    assert len(piece.score.notes) == 40
    assert len(piece.symbols) > 4 * 40


def test_the_trace_covers_every_drawn_symbol():
    """The trace also covers the symbols of continuations."""
    run = make_run(Events(), EVENTS)
    shift = run.vocabulary.ids_of(["shift_6"])[0]
    run.model.head_bias[...] = run.model.head_bias[...].at[shift].set(3.0)
    pieces = compose(run, start_prompts(run, 2), KEY, notes=40, trace=True)
    for piece in pieces:
        assert piece.trace.surprisal.shape == (len(piece.symbols),)
        likely = [symbol == "shift_6" for symbol in piece.symbols]
        ranks = piece.trace.rank
        assert ranks[likely].mean() < ranks[np.logical_not(likely)].mean()
    (untraced,) = compose(run, start_prompts(run, 1), KEY, notes=40)
    assert untraced.trace is None


@pytest.mark.parametrize("keep_primer", [False, True])
def test_a_traced_piece_knows_the_surprisal_of_its_notes(run, keep_primer):
    """The surprisal is that which the model finds when it reads the piece again."""
    ids = run.vocabulary.ids_of(list(run.vocabulary.symbols[:4]) * 3)
    (piece,) = compose(
        run,
        jnp.asarray(ids)[None],
        KEY,
        notes=20,
        keep_primer=keep_primer,
        trace=True,
    )
    read = ReadPiece(np.array(ids), piece.symbols, piece.score, keep_primer)
    (figures,) = note_figures(run, [read])
    assert piece.note_symbols == figures.notes
    assert piece.primer_notes == figures.primer_notes
    assert (piece.primer_notes > 0) == keep_primer
    given = [min(of_note) < figures.generated for of_note in figures.notes.makers]
    expected = np.where(given, np.nan, figures.surprisal)
    assert np.isfinite(expected).sum() >= 19
    np.testing.assert_allclose(piece.surprisal, expected, rtol=1e-4)


def test_an_untraced_piece_does_not_know_the_surprisal_of_its_notes(run):
    (piece,) = compose(run, start_prompts(run, 1), KEY, notes=20)
    assert piece.surprisal is None
    assert piece.primer_notes is None


@pytest.mark.slow
def test_passes_its_settings_on_to_generate(run):
    """Four streams with one prompt are drawn arithmetically on two devices."""
    settings = {
        "draw": Arithmetic(),
        "context": SlidingWindow(4),
        "strategy": strategies.Temperature(0.9),
    }
    prompts = start_prompts(run, 4)
    pieces = compose(
        run,
        prompts,
        KEY,
        notes=10,
        parallel_streams=1,
        devices=jax.devices()[:2],
        **settings,
    )
    no_marker = strategies.Forbid(run.vocabulary.marker_ids)
    well_formed = strategies.WellFormed(run.vocabulary, run.encoding)
    settings["strategy"] = strategies.Chain(
        no_marker, well_formed, settings["strategy"]
    )
    length = 10 * run.encoding.symbols_per_note
    drawn = generate(run.model, prompts, KEY, length=length, **settings)
    for piece, tokens in zip(pieces, drawn.tokens, strict=True):
        assert piece.symbols[:length] == run.vocabulary.symbols_of(tokens)


def make_ending_run(encoding, symbols, bias):
    """Return a run whose pieces end after a few symbols, sooner with a larger bias."""
    run = make_run(encoding, symbols)
    bias = run.model.head_bias[...].at[run.vocabulary.end_id].set(bias)
    run.model.head_bias[...] = bias
    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoding", "symbols"), [(Events(), EVENTS), (NoteNames(), NAMES)]
)
def test_pieces_of_their_own_length(encoding, symbols, monkeypatch):
    """Up to its end, a piece has the symbols of a generation without a stop."""
    monkeypatch.setattr(composition, "_BLOCK", 7)
    run = make_ending_run(encoding, symbols, -1.0)
    prompts, most = start_prompts(run, 8), 12
    pieces = compose(run, prompts, KEY, notes=most, until_end=True, trace=True)
    well_formed = strategies.WellFormed(run.vocabulary, run.encoding)
    length = 8 * most * encoding.symbols_per_note
    drawn = generate(run.model, prompts, KEY, length=length, strategy=well_formed)
    assert {piece.ended for piece in pieces} == {True, False}
    for piece, tokens in zip(pieces, drawn.tokens, strict=True):
        symbols = run.vocabulary.symbols_of(tokens)
        own = symbols[: symbols.index("<end>")]
        assert piece.symbols == own[: len(piece.symbols)]
        notes = encoding.decode(own).note_count
        assert piece.ended == (notes <= most)
        assert count(run, piece.score) == min(notes, most)
        if piece.ended:
            assert piece.symbols == own
        assert piece.trace.surprisal.shape == (len(piece.symbols),)


@pytest.mark.slow
def test_long_work_is_drawn_in_blocks_that_change_no_symbol(run, monkeypatch, capsys):
    monkeypatch.setattr(progress, "SECONDS_PER_LINE", 0)
    usual = 12 * run.encoding.symbols_per_note
    # At most 8 blocks, and as many as divide the number of symbols.
    most = {12: 6, 24: 8}[usual]
    drawn = []
    for least, blocks in ((usual, most), (2**16, 1)):
        monkeypatch.setattr(composition, "_LEAST_WORK", least)
        prompts = start_prompts(run, 8)
        pieces = compose(run, prompts, KEY, notes=12, trace=True, progress=True)
        drawn.append([(piece.symbols, piece.score.notes) for piece in pieces])
        shown = capsys.readouterr().err.splitlines()
        places = [usual * block // blocks for block in range(1, blocks + 1)]
        assert shown[:blocks] == [f"symbol {place}/{usual}" for place in places]
        assert all(len(p.trace.surprisal) == len(p.symbols) for p in pieces)
    assert drawn[0] == drawn[1]


def test_drawing_stops_when_all_pieces_have_ended(monkeypatch):
    calls = []

    def counted(*arguments, **settings):
        calls.append(settings["length"])
        return generate(*arguments, **settings)

    monkeypatch.setattr(composition, "generate", counted)
    run = make_ending_run(Events(), EVENTS, 2.0)
    pieces = compose(run, start_prompts(run, 4), KEY, notes=5000, until_end=True)
    assert calls == [256]
    assert all(piece.ended for piece in pieces)


def test_a_kept_primer_does_not_count_as_notes():
    run = make_ending_run(NoteNames(), NAMES, -0.5)
    prompts = jnp.int32([[run.vocabulary.start_id, 0, 1, 0]] * 6)
    settings = {"notes": 3, "until_end": True}
    dropped = compose(run, prompts, KEY, **settings)
    kept = compose(run, prompts, KEY, keep_primer=True, **settings)
    assert {piece.ended for piece in kept} == {True, False}
    for one, other in zip(kept, dropped, strict=True):
        assert one.symbols == ["C4", "E4", "C4", *other.symbols]
        assert one.ended == other.ended
        assert count(run, one.score) == 3 + count(run, other.score)


def test_a_piece_may_end_before_its_first_note():
    run = make_ending_run(Events(), EVENTS, 50.0)
    (piece,) = compose(run, start_prompts(run, 1), KEY, notes=9, until_end=True)
    assert piece.ended
    assert piece.symbols == []
    assert not piece.score.notes


def test_a_run_without_an_end_symbol_cannot_end():
    run = make_run(Events(), EVENTS, end=False)
    with pytest.raises(ValueError, match="was trained without an end symbol, so train"):
        compose(run, start_prompts(run, 1), KEY, notes=9, until_end=True)


def test_a_silent_model_is_an_error():
    run = make_run(Events(), EVENTS)
    shift = run.vocabulary.ids_of(["shift_6"])[0]
    run.model.head_bias[...] = run.model.head_bias[...].at[shift].set(30.0)
    with pytest.raises(ValueError, match=r"notes is 10, and .* within 160 symbols"):
        compose(run, start_prompts(run, 1), KEY, notes=10, strategy=strategies.Greedy())


def test_wrong_arguments_are_named(run):
    with pytest.raises(ValueError, match="notes is 0; it must be a whole number, 1"):
        compose(run, start_prompts(run, 1), KEY, notes=0)
    with pytest.raises(ValueError, match="pieces is 0; it must be a whole number, 1"):
        start_prompts(run, 0)
    with pytest.raises(ValueError, match="without a start symbol"):
        start_prompts(make_run(NoteNames(), NAMES, start=False), 1)


def test_unseen_symbols_are_drawn_only_if_asked_for():
    """Also behind a primer of unseen symbols, which is read."""
    run = make_run(Events(), EVENTS)
    unseen = ("pitch_64", "duration_6")
    vocabulary = dataclasses.replace(run.vocabulary, unseen=unseen)
    run = dataclasses.replace(run, vocabulary=vocabulary)
    prompts = jnp.asarray(vocabulary.ids_of([*unseen, *unseen]))[None]
    (piece,) = compose(run, prompts, KEY, notes=40)
    assert set(piece.symbols).isdisjoint(unseen)
    assert len(piece.score.notes) == 40
    (piece,) = compose(run, prompts, KEY, notes=40, unseen=True)
    assert set(piece.symbols) > set(unseen)


@pytest.fixture(scope="module")
def events_run():
    return make_run(Events(), EVENTS)


@pytest.mark.parametrize("decoder", [BeamSearch(3, 0.5), SMC(4, 1.0)], ids=repr)
def test_a_piece_of_a_decoder_is_the_picked_member(events_run, decoder):
    prompts = start_prompts(events_run, 3)
    options = {"strategy": strategies.TopP(0.9), "decoder": decoder}
    pieces = compose(events_run, prompts, KEY, length=12, trace=True, **options)
    masked = {
        **options,
        "strategy": strategies.Chain(
            *masks(events_run.vocabulary, events_run.encoding), options["strategy"]
        ),
    }
    drawn = generate(events_run.model, prompts, KEY, length=12, trace=True, **masked)
    for number, piece in enumerate(pieces):
        member = drawn.members.picked[number]
        ids = events_run.vocabulary.ids_of(piece.symbols)
        assert np.array_equal(ids, drawn.tokens[number, member])
        surprisal = drawn.trace.surprisal[number, member]
        assert np.array_equal(piece.trace.surprisal, surprisal)


@pytest.mark.slow
def test_a_population_goes_on_until_all_its_members_are_complete(
    events_run, monkeypatch
):
    # Blocks of 6 symbols are joined by the origins of the members.
    lengths = []

    def counted(*arguments, **options):
        lengths.append(options["length"])
        return generate(*arguments, **options)

    monkeypatch.setattr(composition, "generate", counted)
    decoder = SMC(4, 1.0)
    (piece,) = compose(
        events_run, start_prompts(events_run, 1), KEY, notes=4, decoder=decoder
    )
    total = sum(lengths)
    assert len(lengths) > 1
    chain = strategies.Chain(*masks(events_run.vocabulary, events_run.encoding))
    whole, before = (
        generate(
            events_run.model,
            start_prompts(events_run, 1),
            KEY,
            length=length,
            strategy=chain,
            decoder=decoder,
        )
        for length in (total, total - lengths[-1])
    )

    def notes(ids):
        symbols = events_run.vocabulary.symbols_of(ids)
        return events_run.encoding.decode(symbols).note_count

    assert all(notes(ids) >= 4 for ids in whole.tokens[0])
    assert not all(notes(ids) >= 4 for ids in before.tokens[0])
    ids = whole.tokens[0, whole.members.picked[0]]
    assert piece.symbols == events_run.vocabulary.symbols_of(ids)


@pytest.mark.slow
def test_populations_end_without_regard_to_the_rest_of_their_batch():
    run = make_run(NoteNames(), NAMES)
    options = {"notes": 9, "until_end": True, "decoder": SMC(4)}
    prompts = start_prompts(run, 6)
    batch = compose(run, prompts, KEY, **options)
    assert len({len(piece.symbols) for piece in batch}) > 1
    for number in (1, 4):
        (alone,) = compose(
            run, prompts[:1], KEY, part=BatchPart((number,), 6), **options
        )
        assert alone.symbols == batch[number].symbols
