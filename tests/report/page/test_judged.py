"""The report of judged pieces: its data give the notes back, and no name is markup."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.evaluation.measures.copying import CopyIndex
from lstm_music_jax.evaluation.note_figures import ReadPiece, note_figures
from lstm_music_jax.generation.composition import compose
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.score import Note, Score
from lstm_music_jax.report.page.blocks import (
    Command,
    Facts,
    Heading,
    Paragraph,
    Picture,
)
from lstm_music_jax.report.page.document import document, write_report
from lstm_music_jax.report.page.judged import judged_piece
from lstm_music_jax.report.page.piece import Alternatives, Mark, Passage, PlayedPiece
from lstm_music_jax.report.page.player import Player
from lstm_music_jax.report.table import Table
from lstm_music_jax.system.printable import printable
from tests.evaluation.test_note_figures import ALPHABETS, run_of
from tests.report.page.reading import Reader, columns, notes


@pytest.mark.parametrize("pair", ALPHABETS, ids=lambda pair: type(pair[0]).__name__)
def test_the_page_of_each_encoding_gives_the_piece_back(pair, tmp_path):
    run = run_of(*pair)
    prompt = np.array([run.vocabulary.start_id, 0, 1, 2], np.int32)
    key = jax.random.key(0)
    (piece,) = compose(run, jnp.asarray(prompt)[None], key, notes=9, keep_primer=True)
    (figures,) = note_figures(
        run, [ReadPiece(prompt, piece.symbols, piece.score, primer_kept=True)]
    )
    # The primer is not searched for copies.
    ids = run.vocabulary.ids_of(piece.symbols)[3:]
    copies = CopyIndex([ids[1:5], ids[2:15]]).passages(ids, 7)
    judged = judged_piece(
        "mine", piece.score, figures, copies=copies, sources=["first", "second"]
    )
    write_report(tmp_path / "report.html", "Title", [Player([judged])])
    data = Reader((tmp_path / "report.html").read_text()).data
    (packed,) = data["pieces"]
    assert notes(packed) == list(piece.score.notes)
    assert packed.get("primerNotes", 0) == figures.primer_notes
    assert packed["ticksPerQuarter"] == run.encoding.ticks_per_quarter
    steps, symbols = columns(packed, 2, start=4)
    assert [data["symbols"][number] for number in symbols] == figures.symbols
    # The page knows at most 12.7 nats.
    expected = np.minimum(figures.surprisal, 12.7)
    np.testing.assert_allclose(np.array(steps) / 20, expected, atol=0.026)
    best = np.array(columns(packed, 10, start=6))
    assert packed["alternatives"] == 5
    assert len(packed["numbers"]) == 16 * packed["count"]
    listed = [[data["symbols"][number] for number in row] for row in best[:5].T]
    assert listed == [[*row] for row in figures.best_symbols]
    # A whole percent is what the page shows.
    np.testing.assert_allclose(
        (best[5:].T - 1) / 100, figures.probabilities, atol=0.5 / 100 + 1e-6
    )
    # Every note that is struck in the copied symbols is in the passage.
    ((first, last, source, length, semitones),) = packed["copies"]
    copied = min(13, len(ids) - 2)
    assert (data["sources"][source], length, semitones) == ("second", copied, 0)
    inside = [i for i, strike in enumerate(figures.notes.strikes) if 5 <= strike < 18]
    assert (first, last) == (min(inside), max(inside))


def test_a_note_that_the_model_did_not_predict_has_no_alternatives():
    run = run_of(NoteNames(), ["C4", "E-5", "4.9", "0.4.7"], start=False)
    prompt = np.array([0, 1, 2], np.int32)
    key = jax.random.key(0)
    (piece,) = compose(run, jnp.asarray(prompt)[None], key, notes=5, keep_primer=True)
    given = ReadPiece(prompt, piece.symbols, piece.score, primer_kept=True)
    (figures,) = note_figures(run, [given])
    judged = judged_piece("mine", piece.score, figures, copies=[], sources=[])
    (packed,) = Reader(document("", [Player([judged])])).data["pieces"]
    percents = np.array(columns(packed, 5, start=11)).T
    assert percents[0].tolist() == [0] * 5
    assert (percents[1:] > 0).all()


def page(name):
    """Return a page on which all names and texts are `name`."""
    score = Score.from_notes([Note(0, 60, 12)])
    piece = PlayedPiece(
        name,
        score,
        symbols=[name],
        alternatives=Alternatives([[name]], np.ones((1, 1))),
        copies=[Passage(0, 0, name, 3, 0)],
        marks=[Mark(0, name)],
        facts={name: name},
    )
    blocks = [
        *(Heading(name), Paragraph(name), Paragraph(name, lead=True), Command(name)),
        *(Facts(name, {name: name}), Table([name] * 2, [[name] * 2])),
        *(Picture(b"<svg/>", name), Player([piece])),
    ]
    return document(name, blocks)


@pytest.mark.parametrize(
    "name",
    [
        "</script><img src=x onerror=alert(1)>",
        "\"'><script>alert(1)</script>",
        "<!-- <script>",
        "&lt;b&gt; & <b>",
        "two\nlines\r\u2028",
        printable("no text: \udcff.mid"),
    ],
)
def test_no_name_is_markup(name):
    expected, found = Reader(page("name")), Reader(page(name))
    assert found.elements == expected.elements
    assert set(found.texts[1:]) >= {name}
    assert found.data["pieces"][0]["name"] == name
    assert found.data["sources"] == found.data["symbols"] == [name]
    # UTF-8 can hold the page.
    page(name).encode()


def random_piece(seed, count=128):
    """A piece that hardly compresses, because its notes and figures are random."""
    rng = np.random.default_rng(seed)
    pitches = rng.integers(40, 80, count)
    alternatives = Alternatives(
        [[f"pitch_{each}" for each in rng.integers(40, 80, 5)] for _ in range(count)],
        -np.sort(-rng.dirichlet(np.full(40, 0.2), count))[:, :5],
    )
    return PlayedPiece(
        "piece",
        Score.from_notes(Note(6 * i, int(each), 6) for i, each in enumerate(pitches)),
        surprisal=rng.exponential(1, count),
        symbols=[f"pitch_{each}" for each in pitches],
        alternatives=alternatives,
    )


def test_a_piece_takes_two_kilobytes_in_256_symbols():
    """Half of the symbols of events strike a note; all pieces share their names."""
    one, more = ([random_piece(seed) for seed in range(n)] for n in (1, 5))
    sizes = [len(document("", [Player(pieces)])) for pieces in (one, more)]
    assert (sizes[1] - sizes[0]) / 4 < 2000
