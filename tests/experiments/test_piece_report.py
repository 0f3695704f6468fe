"""The reports of generate.py, quickstart.py and evaluate.py."""

import dataclasses
import json
import shutil

import copy_search
import generate
import jax
import numpy as np
import pytest
import quickstart
from sources import dataset_of_run

from lstm_music_jax import RunFolder, compose, load_run, read_midi, start_prompts
from lstm_music_jax.report.figures import figure_of_losses, svg
from tests.experiments.calling import call
from tests.report.page.reading import Reader, notes

pytestmark = pytest.mark.slow

HOSTILE = "<img src=x onerror=alert(1)> '\"\n&"


@pytest.fixture(scope="module")
def hostile_run(run, tmp_path_factory):
    """A copy of a run whose corpus is gone and has a name that is markup."""
    folder = tmp_path_factory.mktemp("runs") / HOSTILE
    shutil.copytree(run, folder)
    config = folder / "config.json"
    settings = json.loads(config.read_text())
    settings["corpus"]["origin"]["midi"] = f"/gone/{HOSTILE}\udcff"
    config.write_text(json.dumps(settings))
    return folder


def test_each_call_of_generate_has_a_report_of_its_own(run, tmp_path, capsys):
    command = ["--run", run, "--notes", 20, "--out", tmp_path, "--pieces", 3]
    assert call(generate, *command, "--pictures", 2, "--top-k", 3) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("/report-000.html")
    first = (tmp_path / "report-000.html").read_text()
    # Another call continues after the report too.
    for path in tmp_path.glob("piece*"):
        path.unlink()
    assert call(generate, *command, "--pictures", 0) == 0
    assert [path.name for path in tmp_path.glob("*.html")] == ["report-000.html"]
    assert (tmp_path / "piece-001.mid").exists()
    assert (tmp_path / "report-000.html").read_text() == first
    page = Reader(first)
    one, other = page.data["pieces"]
    assert (one["name"], other["name"]) == ("piece-000.mid", "piece-001.mid")
    assert one["facts"]["strategy"] == "Chain(TopK(3))"
    assert one["facts"]["end"] == "cut at 20"
    assert one["facts"]["notes"] == "20"
    assert one["facts"]["copied"].endswith("% of the symbols")
    assert one["count"] == len(notes(one)) == 20
    text = " ".join(page.texts)
    assert "training pieces were searched" in text
    assert f"--run {run}" in text


def test_a_kept_primer_is_marked(names_run, midi, tmp_path):
    primer = midi / "deep" / "1.mid"
    command = ["--run", names_run, "--primer", primer, "--primer-length", 12]
    command += ["--keep-primer", "--notes", 8, "--tempo", 90, "--out", tmp_path]
    assert call(generate, *command) == 0
    (piece,) = Reader((tmp_path / "report-000.html").read_text()).data["pieces"]
    assert (piece["primerNotes"], piece["count"], piece["tempos"]) == (
        12,
        20,
        [[0, 90]],
    )
    played = [(pitch, onset) for onset, pitch, *_ in notes(piece)]
    written = [(note.pitch, note.onset) for note in read_midi(primer).notes[:12]]
    assert [pitch for pitch, _ in played[:12]] == [pitch for pitch, _ in written]


def test_a_corpus_that_is_gone_is_said_on_the_page(hostile_run, tmp_path):
    assert call(generate, "--run", hostile_run, "--notes", 5, "--out", tmp_path) == 0
    page = Reader((tmp_path / "report-000.html").read_text())
    assert not any(tag == "img" for tag, _ in page.elements)
    (sentence,) = [text for text in page.texts if "not searched" in text]
    assert sentence.startswith(
        "The pieces were not searched for copied passages, because the corpus cannot "
        "be loaded again: path is /gone/<img"
    )
    assert "copied" not in page.data["pieces"][0]["facts"]


def test_a_huge_corpus_is_not_loaded(run, monkeypatch):
    monkeypatch.setattr(copy_search, "_MOST_PIECES", 5)
    assert copy_search.copy_search_of_run(load_run(run)) == (
        "The pieces were not searched for copied passages, because the corpus has 6 "
        "pieces, and more than 5 are not loaded for a report."
    )


def test_which_passages_count_as_copied(run, monkeypatch):
    loaded = load_run(run)
    data = dataset_of_run(loaded.settings)
    search = copy_search.copy_search(loaded, data)
    assert "only one held-out piece in twenty has such a passage" in search.text
    assert f"{len(data.train)} of {len(data.train)} training pieces" in search.text
    # A training piece is one long copy of itself, in its key.
    for number, ids in enumerate(data.train):
        (copy,) = search.index.passages(data.vocabulary.without_markers(ids), search.k)
        assert (search.names[copy.piece], copy.semitones) == (
            data.train_names[number],
            0,
        )
    most = data.train.total // 2
    monkeypatch.setattr(copy_search, "_MOST_SEARCHED", most)
    none = dataclasses.replace(data, validation=data.validation[:0])
    search = copy_search.copy_search(loaded, none)
    assert search.k == 16 * loaded.encoding.symbols_per_note
    assert "because no pieces were held out" in search.text
    assert search.names == [*data.train_names[:: -(-data.train.total // most)]]
    (copy,) = search.index.passages(data.train[0][1:-1], 64)
    assert (copy.piece, copy.length) == (0, len(data.train[0]) - 2)


def test_the_page_of_the_quickstart(run, tmp_path):
    loaded, folder = load_run(run), RunFolder(run)
    data = dataset_of_run(loaded.settings)
    (piece,) = compose(loaded, start_prompts(loaded, 1), jax.random.key(0), notes=9)
    picture = svg(figure_of_losses(folder.metrics))
    assert b"training (with dropout)" in picture
    assert len(picture) < 50_000
    table = {"model": "4.50", "unigram": "20.1"}
    quickstart.write_page(
        RunFolder(tmp_path), loaded, data, piece, {"seed": 0}, table, picture
    )
    page = Reader((tmp_path / "report.html").read_text())
    mine, *human = page.data["pieces"]
    assert notes(mine) == [*piece.score.notes]
    assert [each["name"] for each in human] == [
        f"{name} (human)" for name in data.validation_names[:2]
    ]
    first = data.vocabulary.without_markers(data.validation[0])
    score = loaded.encoding.decode(data.vocabulary.symbols_of(first)).score
    assert notes(human[0]) == [*score.notes]
    assert {"model", "4.50", "unigram", "20.1"} <= set(page.texts)
    assert np.isclose(float(human[0]["facts"]["mean surprisal"].split()[0]), 2.75, 0.2)


def test_a_decoder_shows_its_populations(run, tmp_path):
    command = ["--run", run, "--notes", 12, "--out", tmp_path, "--pieces", 3]
    decoder = "SMC(4, 1)"
    assert call(generate, *command, "--pictures", 2, "--decoder", decoder) == 0
    text = (tmp_path / "report-000.html").read_text()
    page = Reader(text)
    facts = [each["facts"]["decoder"] for each in page.data["pieces"]]
    assert facts == [decoder] * 2
    assert text.count('alt="the members of the population of piece-00') == 2
    assert text.count('alt="effective sample size of piece-00') == 2
    assert "Populations" in " ".join(page.texts)
    assert len(list(tmp_path.glob("*.mid"))) == 3
