"""What notebooks show: every type, whatever it holds, and nothing that is hostile."""

import html
import re
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from lstm_music_jax.evaluation.measures.base import Direction
from lstm_music_jax.generation.composition import Composition
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.trace import Trace
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.note_symbols import note_symbols
from lstm_music_jax.music.score import Note, Score
from lstm_music_jax.report.trace_figure import Traced, figure_of_trace, table_of_trace
from lstm_music_jax.strategies import Chain, TopK
from lstm_music_jax.testing.toy_model import ToyModel
from tests.evaluation.comparison.made_up import comparison, difference, row
from tests.report.page.reading import Reader, columns, notes

HOSTILE = "</iframe></script><img src=x onerror=hacked=1>\"'<script>hacked=1</script>"
SYMBOLS = ["duration_6", "pitch_60", HOSTILE, "pitch_64", "shift_6", "pitch_67"]
NOTES = (Note(0, 60, 6), Note(0, 64, 6), Note(6, 67, 6))


def shown(value):
    """Return what is outside of the frame of a player, and what is inside."""
    page = value._repr_html_()
    found = re.search(r'srcdoc="([^"]*)"', page)
    outside = re.sub(r'srcdoc="[^"]*"', "", page)
    return Reader(outside), Reader(html.unescape(found[1])) if found else None


def trace_of(figures, stages=2):
    """Return a trace in which all figures, `[... n]`, are the same."""
    figures = np.asarray(figures, np.float32)
    counts, flags = figures.astype(np.int32), np.zeros(figures.shape, bool)
    of_stages = np.repeat(figures[..., None], stages, axis=-1)
    return Trace(
        *[figures] * 3,
        counts,
        figures,
        counts,
        figures,
        flags,
        of_stages,
        of_stages > 9,
    )


def composition(trace):
    score = Score.from_notes(NOTES)
    made = note_symbols(Events(), SYMBOLS, score)
    return Composition(SYMBOLS, score, 1, False, 0, trace, note_symbols=made)


def test_a_score_shows_a_picture_and_a_player():
    outside, inside = shown(Score.from_notes(NOTES))
    assert [tag for tag, _ in outside.elements if tag in ("img", "iframe", "script")]
    assert "script" not in [tag for tag, _ in outside.elements]
    (piece,) = inside.data["pieces"]
    assert notes(piece) == [tuple(note) for note in NOTES]


def test_a_score_without_notes_says_so():
    outside, inside = shown(Score(()))
    assert outside.texts == ["There are no notes."]
    assert inside is None


def test_a_composition_shows_its_facts():
    outside, inside = shown(composition(None))
    cells = dict(zip(outside.texts[:4], outside.texts[4:], strict=False))
    assert cells["notes"] == "3"
    assert cells["ill-formed symbols skipped"] == "1"
    assert "surprisal" not in inside.data["pieces"][0]


def test_a_traced_composition_shows_its_surprisal():
    _, inside = shown(composition(trace_of([1, 0.5, 9, 0.25, 1, 2])))
    (piece,) = inside.data["pieces"]
    # The duration belongs to the first note, and the shift to the last one.
    expected = np.array([1.5, 0.25, 3]) * 20
    (found,) = columns(piece, 1, start=4)
    np.testing.assert_array_equal(found, expected)


def test_a_composition_whose_symbols_were_not_matched_to_notes_is_shown():
    piece = composition(trace_of([1] * 6))._replace(note_symbols=None)
    assert shown(piece)[1] is not None


def test_a_comparison_shows_its_sentence_tables_and_forest():
    rows = [row("loops"), row("copies", Direction.NONE, primary=False)]
    compared = comparison(rows, {"TopP(0.9)": [difference(0.3, p=0.01)] * 2})
    outside, _ = shown(compared)
    text = " ".join(outside.texts)
    assert outside.texts[0].startswith("TopP(0.9) ")
    assert "All results" in text
    assert "copies" in text
    assert [tag for tag, _ in outside.elements].count("img") == 1


@pytest.mark.parametrize("primary", [True, False])
def test_a_comparison_without_differences_has_no_forest(primary):
    outside, _ = shown(comparison([row("loops", primary=primary)], {}))
    assert "img" not in [tag for tag, _ in outside.elements]


def test_hostile_names_stay_text():
    rows = [row(f"measure {HOSTILE}", unit=HOSTILE)]
    compared = comparison(rows, {HOSTILE: [difference(0.3, p=0.01)]}, anchors=["a"])
    outside, _ = shown(compared)
    assert "script" not in [tag for tag, _ in outside.elements]
    assert [tag for tag, _ in outside.elements].count("img") == 1
    assert all("onerror" not in names for _, names in outside.elements)
    assert any(HOSTILE in text for text in outside.texts)
    outside, inside = shown(composition(trace_of([1] * 6)))
    assert [tag for tag, _ in outside.elements].count("iframe") == 1
    assert [tag for tag, _ in inside.elements].count("script") == 3
    assert HOSTILE not in html.unescape("".join(outside.texts))


def drawn_trace(**settings):
    """Return the trace of symbols that a small model has drawn, of three streams."""
    model = ToyModel(jax.random.normal(jax.random.key(0), (8, 8)))
    drawn = generate(
        model,
        jnp.zeros((3, 1), jnp.int32),
        jax.random.key(0),
        length=30,
        strategy=Chain(TopK(4)),
        trace=True,
        **settings,
    )
    return drawn


def test_a_trace_shows_curves_and_means():
    drawn = drawn_trace(stop=3)
    outside, _ = shown(drawn.trace)
    # A stop symbol is drawn too.
    kept = np.arange(30) <= np.asarray(drawn.lengths)[:, None]
    assert 0 < kept.sum() < 90
    assert outside.texts[0] == f"Trace of {kept.sum()} symbols of 3 streams"
    table = table_of_trace(Traced.of(drawn.trace))
    (mean,) = (cells[2] for cells in table.rows if cells[0] == "surprisal")
    assert float(mean) == pytest.approx(
        np.asarray(drawn.trace.surprisal)[kept].mean(), rel=0.01
    )
    assert table.rows[-1][0] == "kept mass after stage 1"


@pytest.mark.parametrize("shape", [(5,), (2, 5), (3, 2, 5), (1, 1), (2, 2000)])
def test_a_trace_of_any_shape_is_shown(shape):
    values = np.broadcast_to(np.arange(1, shape[-1] + 1), shape)
    outside, _ = shown(trace_of(values, stages=0))
    assert [tag for tag, _ in outside.elements].count("img") == 1
    above, _ = figure_of_trace(Traced.of(trace_of(values))).axes
    for line in above.lines:
        places, means = line.get_data()
        assert len(places) <= 300
        np.testing.assert_allclose(means, places + 1)
        assert means.mean() == pytest.approx(values.mean(), rel=0.01)


@pytest.mark.parametrize("shape", [(0,), (3, 0), (3, 4)])
def test_a_trace_without_symbols_says_so(shape):
    outside, _ = shown(trace_of(np.zeros(shape)))
    assert outside.texts == ["No symbol was drawn."]


def test_a_trace_of_single_numbers_is_plain_text():
    assert jax.tree.map(np.mean, trace_of([1, 2]))._repr_html_() is None


def test_the_output_of_a_long_piece_is_small():
    random = np.random.default_rng(0)
    long = [Note(3 * k, int(random.integers(40, 80)), 6) for k in range(1000)]
    assert len(Score.from_notes(long)._repr_html_()) < 130_000


def test_ipython_shows_them():
    formatter = InteractiveShell().display_formatter
    for value, text in (
        (Score.from_notes(NOTES), "<Score of 3 notes>"),
        (composition(None), "<Composition of 3 notes>"),
        (trace_of([[1, 2, 3]]), "<Trace of shape (1, 3)>"),
    ):
        content, _ = formatter.format(value)
        assert content["text/html"] == value._repr_html_()
        assert content["text/plain"] == text


def test_nothing_is_drawn_before_it_is_shown():
    code = "import sys, lstm_music_jax; print({'jax', 'matplotlib'} & {*sys.modules})"
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"
