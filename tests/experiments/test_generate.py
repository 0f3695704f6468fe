"""generate.py: its notes, primers, endings, strategies and watermarks."""

import re

import detect_watermark
import generate
import mido
import numpy as np
import pytest

from lstm_music_jax import Note, Score, write_midi
from tests.experiments.calling import ECHO, call, events, onsets
from tests.music.notation.reading import read_notes
from tests.report.page.reading import Reader


def test_generate_writes_as_many_notes_as_asked_for(run, tmp_path):
    arguments = ["--notes", 40, "--pieces", 2, "--top-p", 0.9, "--out", tmp_path]
    arguments += ["--pictures", 1]
    assert call(generate, "--run", run, *arguments) == 0
    first, second = (tmp_path / f"piece-00{k}.mid" for k in range(2))
    assert len(onsets(first)) == len(onsets(second)) == 40
    assert onsets(first) != onsets(second)
    assert first.with_suffix(".png").read_bytes()[:4] == b"\x89PNG"
    assert not second.with_suffix(".png").exists()


def test_generate_writes_scores_and_sound(run, tmp_path, capsys):
    write = ["--run", run, "--out", tmp_path, "--notes", 20, "--pictures", 0]
    assert call(generate, *write, "--musicxml", "--wav") == 0
    assert (tmp_path / "piece-000.wav").read_bytes()[:4] == b"RIFF"
    line = capsys.readouterr().out.strip()
    path = tmp_path / "piece-000.musicxml"
    notes, kept = onsets(path.with_suffix(".mid")), read_notes(path)
    merged = int((re.findall(r"(\d+) merged", line) or [0])[0])
    assert len(kept) == len(notes) - merged
    path.with_suffix(".mid").unlink()
    # The number stays taken.
    assert call(generate, *write) == 0
    assert (tmp_path / "piece-001.mid").exists()


def test_generate_ends_pieces_where_the_model_ends_them(run, tmp_path, capsys):
    """After four steps of training, any symbol may be the next, the end as well."""
    arguments = ["--notes", 30, "--pieces", 3, "--until-end", "--temperature", 5]
    assert call(generate, "--run", run, *arguments, "--out", tmp_path) == 0
    *lines, _ = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for number, line in enumerate(lines):
        notes = len(onsets(tmp_path / f"piece-00{number}.mid"))
        ended = f"{notes} notes sound, then the piece ends" in line
        assert ended or "30 notes sound, cut at --notes 30" in line


def test_generate_keeps_a_promise(run, tmp_path):
    """Each piece has three bars, and then the model ends it."""
    promise = "Chain(Obey(ended(bars(3, crossing=False, grid=6)), 70), Temperature(9))"
    arguments = ["--until-end", "--notes", 100, "--pieces", 3, "--strategy", promise]
    arguments += ["--pictures", 1]
    assert call(generate, "--run", run, *arguments, "--out", tmp_path) == 0
    for path in sorted(tmp_path.glob("*.mid")):
        bar, spans, begun = 4 * mido.MidiFile(path).ticks_per_beat, [], {}
        for tick, pitch, struck in events(path):
            if struck:
                begun[pitch] = tick
            else:
                spans.append((begun.pop(pitch), tick))
        assert max(end for _, end in spans) == 3 * bar
        assert all(begin // bar == (end - 1) // bar for begin, end in spans)
    # The page says so of all pieces, also of those that it does not show.
    text = " ".join(Reader((tmp_path / "report-000.html").read_text()).texts)
    assert "the first 70 symbols are accepted by an automaton of " in text
    assert "3 accepted 3 of 3 pieces" in text


@pytest.mark.slow
def test_a_run_without_an_end_symbol_cannot_end(unusual, capsys):
    assert call(generate, "--run", unusual, "--until-end") == 2
    error = capsys.readouterr().err
    assert error.startswith("error: until_end is True; this run was trained without an")
    assert len(error.splitlines()) == 1


def test_generate_gives_the_same_music_for_the_same_seed(run, tmp_path):
    for name in ("a", "b"):
        assert (
            call(generate, "--run", run, "--notes", 30, "--out", tmp_path / name) == 0
        )
    assert onsets(tmp_path / "a/piece-000.mid") == onsets(tmp_path / "b/piece-000.mid")


@pytest.mark.slow
def test_a_watermark_is_found_in_the_midi_file(names_run, tmp_path, capsys):
    arguments = ["--notes", 150, "--watermark", 7919, "--out", tmp_path]
    assert call(generate, "--run", names_run, *arguments) == 0
    files = ["--files", tmp_path / "piece-000.mid"]
    capsys.readouterr()
    p_values = []
    for key in (7919, 1):
        assert call(detect_watermark, "--run", names_run, "--key", key, *files) == 0
        line = capsys.readouterr().out
        p_values.append(float(line.partition("p-value ")[2].partition(",")[0]))
    assert p_values[0] < 1e-4 < p_values[1]
    # The page can be passed on, so it does not hold the secret key.
    assert "7919" not in (tmp_path / "report-000.html").read_text()


@pytest.mark.parametrize("context", ["carried", "window"])
def test_note_names_keep_the_note_length(names_run, tmp_path, context):
    arguments = ["--notes", 25, "--note-length", 0.5, "--context", context]
    arguments += ["--out", tmp_path]
    assert call(generate, "--run", names_run, *arguments) == 0
    ticks = mido.MidiFile(tmp_path / "piece-000.mid").ticks_per_beat
    found = sorted({tick for tick, _ in onsets(tmp_path / "piece-000.mid")})
    assert len(found) == 25
    assert set(np.diff(found)) == {ticks // 2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tempo", "nan"], "tempo is nan"),
        (["--program", "-1"], "program is -1"),
        (["--pictures", "-1"], "pictures is -1"),
        (["--out", "/proc/music"], "out is /proc/music"),
        (
            ["--note-length", "nan"],
            "note_length is nan; it must be a positive multiple",
        ),
        (
            ["--note-length", "inf"],
            "note_length is inf; it must be a positive multiple",
        ),
        (["--note-length", "50", "--notes", "16667"], "it must be at most 49.999"),
    ],
)
def test_the_files_arguments_are_checked_before_a_note_is_drawn(
    names_run, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.setattr(generate, "compose", None)
    assert call(generate, "--run", names_run, "--out", tmp_path, *arguments) == 2
    assert message in capsys.readouterr().err


def test_primers(run, midi, tmp_path):
    primer = midi / "deep" / "0.mid"
    for number, (arguments, notes) in enumerate(
        (
            (["--primer", primer, "--keep-primer"], None),
            (["--primer", primer, "--drop-primer"], 20),
            (["--primer", "corpus"], 20),
        )
    ):
        out = ["--notes", 20, "--primer-length", 30, "--out", tmp_path]
        assert call(generate, "--run", run, *arguments, *out) == 0
        found = onsets(tmp_path / f"piece-{number:03d}.mid")
        if notes is None:
            begin = onsets(primer)
            heard = len(found) - 20
            assert 10 < heard < 30
            # The first generated note may join the primer's last chord.
            assert found[: heard - 1] == begin[: heard - 1]
        else:
            assert len(found) == notes


@pytest.fixture
def strange_primer(tmp_path):
    """Twelve notes. The run knows every second one."""
    pitches = [pitch for known in range(60, 66) for pitch in (known, known + 50)]
    notes = [Note(3 * i, pitch, 3) for i, pitch in enumerate(pitches)]
    path = tmp_path / "strange\nprimer.mid"
    write_midi(Score.from_notes(notes), path)
    return path


def test_a_run_of_events_reads_any_primer(run, strange_primer, tmp_path):
    """What training never saw stays out of the music, unless it is asked for."""
    command = ["--run", run, "--primer", strange_primer, "--primer-length", 20]
    command += ["--notes", 30, "--out", tmp_path]
    assert call(generate, *command) == 0
    drawn = {pitch for _, pitch in onsets(tmp_path / "piece-000.mid")}
    assert drawn <= set(range(55, 70))
    assert call(generate, *command, "--keep-primer", "--unseen") == 0
    kept = {pitch for _, pitch in onsets(tmp_path / "piece-001.mid")}
    assert {60, 110, 61, 111} < kept


def test_ill_formed_symbols_are_drawn_only_if_asked_for(run, tmp_path, capsys):
    command = ["--run", run, "--notes", 60, "--temperature", 4, "--out", tmp_path]
    assert call(generate, *command) == 0
    assert "skipped" not in capsys.readouterr().out
    assert call(generate, *command, "--ill-formed") == 0
    assert "ill-formed symbols skipped" in capsys.readouterr().out


def test_unknown_symbols_of_a_primer(names_run, strange_primer, tmp_path, capsys):
    primer = ["--run", names_run, "--primer", strange_primer, "--primer-length"]
    assert call(generate, *primer, 6) == 2
    (error,) = capsys.readouterr().err.strip().splitlines()
    assert error.startswith("error: symbols in ")
    assert r"strange\nprimer.mid not in the vocabulary" in error
    assert "'D8' at position 1, 'E-8' at position 3" in error
    assert error.endswith("; --unknown drop leaves them out")
    drop = ["--unknown", "drop", "--keep-primer", "--notes", 5, "--out", tmp_path]
    assert call(generate, *primer, 4, *drop) == 0
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert r"strange\nprimer.mid: dropped 3 symbols that the run does not know" in line
    found = [pitch for _, pitch in sorted(onsets(tmp_path / "piece-000.mid"))]
    assert found[:4] == [60, 61, 62, 63]
    assert call(generate, *primer, 7, *drop) == 2
    *_, error = capsys.readouterr().err.strip().splitlines()
    assert "has 6 symbols that the run knows" in error


def test_a_bad_primer_is_named(run, tmp_path, capsys):
    (tmp_path / "bad.mid").write_bytes(b"bad")
    assert call(generate, "--run", run, "--primer", tmp_path / "bad.mid") == 2
    (error,) = capsys.readouterr().err.strip().splitlines()
    assert error.startswith(f"error: primer is {tmp_path / 'bad.mid'}: not a MIDI file")


@pytest.fixture
def drawn_with(monkeypatch):
    """Return a list of the strategies that generate.py would draw with."""
    made = []

    def record(*_, strategy, **__):
        made.append(strategy)
        raise ValueError("nothing is drawn")

    monkeypatch.setattr(generate, "compose", record)
    return made


@pytest.mark.parametrize(
    ("strategy", "more", "expected"),
    [
        ("Chain(TopP(0.9), Greedy())", [], "Chain(TopP(0.9), Greedy())"),
        ("Echo(0.8)", ["--plugin", ECHO], "Echo(0.8)"),
        ("Guidance(2, model, ['<start>'])", ["--context", "window"], "window=10"),
        ("PitchRange(55, 72)", [], "PitchRange(vocabulary, Events("),
        ("Contrastive(run='RUN')", [], "Contrastive(model)"),
    ],
)
def test_generate_takes_an_expression(run, drawn_with, strategy, more, expected):
    strategy = strategy.replace("RUN", str(run))
    assert call(generate, "--run", run, "--strategy", strategy, *more) == 2
    (made,) = drawn_with
    assert expected in repr(made)


def test_a_second_model_must_have_the_same_vocabulary(run, names_run, capsys):
    strategy = f"Contrastive(run='{names_run}')"
    assert call(generate, "--run", run, "--strategy", strategy) == 2
    assert "its vocabulary must be that of the run" in capsys.readouterr().err
