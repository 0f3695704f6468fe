"""evaluate.py: its figures, its page and its words."""

import dataclasses
import json
from types import SimpleNamespace

import evaluate
import numpy as np
import pytest
from evaluation_page import as_json, sentence
from model_losses import Losses
from sources import dataset_of_run

from lstm_music_jax import load_run, teacher_force
from lstm_music_jax.evaluation.statistics.estimate import Estimate
from tests.experiments.calling import ECHO, call
from tests.report.page.reading import Reader, notes

pytestmark = pytest.mark.slow

SHORT = ["--primer-length", 10, "--length", 40, "--strategies"]


@pytest.fixture(scope="module")
def written(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("evaluation")
    arguments = [*SHORT, "TopP(0.5)", "Echo(0.8)", "--plugin", ECHO, "--out", out]
    assert call(evaluate, "--run", run, *arguments) == 0
    return out


def test_the_figures_are_those_of_teacher_forcing(run, written):
    found = json.loads((written / "evaluation.json").read_text())
    loaded = load_run(run)
    pieces = list(dataset_of_run(loaded.settings).validation)
    surprisal = [each.trace.surprisal for each in teacher_force(loaded.model, pieces)]
    loss = found["losses"]["whole"]["carried state"]
    np.testing.assert_allclose(
        loss["value"], np.concatenate(surprisal).mean(), atol=1e-5
    )
    by_kind = found["losses"]["by_kind"]["carried state"]["value"]
    np.testing.assert_allclose(
        np.dot(by_kind, found["losses"]["shares"]), loss["value"], atol=1e-5
    )
    assert sorted(found["losses"]["kinds"]) == ["duration", "end", "pitch", "shift"]
    assert [row["strategy"] for row in found["strategies"]] == [
        "TopP(0.5)",
        "Echo(0.8)",
    ]
    assert 0 < found["strategies"][0]["true_kept"]["value"] < 1
    assert found["strategies"][1]["true_kept"]["value"] == 1


def test_the_page_has_its_tables_and_pictures(written):
    page = (written / "evaluation.md").read_text()
    for name in ("losses.png", "reliability.png"):
        assert f"]({name})" in page
        assert (written / name).read_bytes()[:4] == b"\x89PNG"
    for words in ("sliding window minus carried state", "`Echo(0.8)`", "human, exact"):
        assert words in page
    assert "nan" not in page


def test_the_report_has_the_same_tables_and_plays_the_continuations(run, written):
    page = Reader((written / "report.html").read_text())
    lines = (written / "evaluation.md").read_text().splitlines()
    cells = [
        cell.strip().strip("`")
        for line in lines
        if line.startswith("|") and not line.startswith("| ---")
        for cell in line.strip("|").split("|")
    ]
    texts = list(page.texts)
    # All cells are on the page, in the same order.
    remaining = iter(texts)
    assert all(cell in remaining for cell in cells if cell)
    loaded = load_run(run)
    held_out = dataset_of_run(loaded.settings).validation[0][:10]
    piece = page.data["pieces"][0]
    primer = loaded.encoding.decode(
        loaded.vocabulary.symbols_of(loaded.vocabulary.without_markers(held_out))
    )
    assert piece["primerNotes"] == primer.note_count
    pitches = [pitch for _, pitch, *_ in notes(piece)]
    assert pitches[: primer.note_count] == [note.pitch for note in primer.score.notes]
    assert sum(tag == "img" for tag, _ in page.elements) == 2


def test_a_run_without_held_out_pieces(run, capsys, monkeypatch):
    dataset = dataclasses.replace(dataset_of_run(load_run(run).settings), validation=[])
    monkeypatch.setattr(evaluate, "dataset_of_run", lambda settings: dataset)
    assert call(evaluate, "--run", run) == 2
    assert "no pieces are held out; train a run with" in capsys.readouterr().err


def around(value, reach):
    return Estimate(value, value - reach, value + reach, np.nan, 29)


def evaluation(overconfidence, worse, more):
    losses = Losses(*[None] * len(Losses._fields))
    losses = losses._replace(
        whole={"carried state": around(1.5, 0.1)}, worse=worse, references={}
    )
    calibration = SimpleNamespace(overconfidence=overconfidence)
    copying = SimpleNamespace(runs={"exact": SimpleNamespace(more=more)})
    return evaluate.Evaluation(29, 29, 100, losses, calibration, [], copying)


@pytest.mark.parametrize(
    ("differences", "words"),
    [
        (
            (around(0.03, 0.02), around(0.2, 0.1), around(0.1, 0.05)),
            "it is overconfident by 0.030, a window of 100 symbols is worse by 0.200 "
            "nats, and greedy continuations copy more than human ones",
        ),
        (
            (around(-0.03, 0.02), around(-1e-5, 1e-6), around(-0.1, 0.05)),
            "it is underconfident by 0.030, a window of 100 symbols is better by less "
            "than 0.001 nats, and greedy continuations copy less than human ones",
        ),
        (
            (around(0.03, 0.04), around(0.2, 0.3), around(0.1, np.nan)),
            "its confidence is not measurably wrong on average, a window of 100 "
            "symbols makes no measurable difference, and greedy continuations do not "
            "copy measurably more than human ones",
        ),
    ],
)
def test_the_sentence_claims_what_the_intervals_show(differences, words):
    assert sentence(evaluation(*differences)) == (
        "On held-out pieces the model's loss is 1.50 (1.40 to 1.60) nats per symbol, "
        f"{words} (29 pieces, one model)."
    )


def test_nan_becomes_null():
    estimate = Estimate(np.array([1.0, np.nan]), np.nan, 2.0, np.float64(0.5), 3)
    assert as_json({"a": (estimate,)})["a"][0]["value"] == [1.0, None]
    assert as_json(estimate)["low"] is None
