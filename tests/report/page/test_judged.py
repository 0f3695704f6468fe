"""The report of judged pieces: its data give the notes back, and no name is markup."""

import base64
from itertools import chain

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.evaluation.measures.copying import CopyIndex
from lstm_music_jax.evaluation.note_figures import ReadPiece, note_figures
from lstm_music_jax.generation.composition import compose
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
from tests.report.page.reading import Reader, notes, numbers


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
    symbols = [data["symbols"][number] for number in numbers(packed["symbols"])]
    assert symbols == figures.symbols
    steps = np.frombuffer(base64.b64decode(packed["surprisal"]), np.uint8)
    # A byte holds at most 12.7 nats.
    expected = np.minimum(figures.surprisal, 12.7)
    np.testing.assert_allclose(steps / 20, expected, atol=0.026)
    best = packed["alternatives"]
    listed = [data["symbols"][number] for number in numbers(best["symbols"])]
    assert listed == [*chain(*figures.best_symbols)]
    shares = np.frombuffer(base64.b64decode(best["probabilities"]), np.uint8)
    np.testing.assert_allclose(
        shares / 255, figures.probabilities.ravel(), atol=0.5 / 255 + 1e-6
    )
    # Every note that is struck in the copied symbols is in the passage.
    ((first, last, source, length, semitones),) = packed["copies"]
    copied = min(13, len(ids) - 2)
    assert (data["sources"][source], length, semitones) == ("second", copied, 0)
    inside = [i for i, strike in enumerate(figures.notes.strikes) if 5 <= strike < 18]
    assert (first, last) == (min(inside), max(inside))


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


def test_a_piece_takes_two_kilobytes_in_256_symbols():
    """Half of the symbols of events strike a note; alternatives take as much again."""
    rng = np.random.default_rng(0)
    played = [
        Note(6 * i, int(pitch), 6) for i, pitch in enumerate(rng.integers(40, 80, 128))
    ]
    plain = {
        "surprisal": rng.exponential(1, 128),
        "symbols": [f"pitch_{note.pitch}" for note in played],
    }
    score = Score.from_notes(played)
    row = [f"pitch_{pitch}" for pitch in range(60, 65)]
    best = Alternatives([row] * 128, np.full((128, 5), 0.2))
    sizes = []
    for more in ({}, {"alternatives": best}):
        piece = PlayedPiece("piece", score, **plain, **more)
        sizes.append(len(document("", [Player([piece])])))
    sizes.append(len(document("", [Player([])])))
    assert sizes[0] - sizes[2] < 2000
    assert sizes[1] - sizes[0] < 2000
