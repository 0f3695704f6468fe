"""The scripts, run as users run them: with valid arguments, and with wrong ones."""

import command_line

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import detect_watermark
import generate
import jax
import mido
import numpy as np
import pytest
import quickstart
import reproduce_lstm_music
import sweep_strategy
import train

from lstm_music_jax import Note, NoteNames, Score, read_midi, write_midi

TINY = ["--steps", 4, "--sizes", 12, 8, "--batch-size", 4, "--window", 10]
TINY += ["--evaluate-every", 2]
ECHO = Path(generate.__file__).with_name("plugins") / "echo.py"


@pytest.fixture(scope="module")
def midi(tmp_path_factory):
    """Return a folder of six short MIDI files, one damaged file, one without notes."""
    folder = tmp_path_factory.mktemp("midi")
    random = np.random.default_rng(0)
    for number in range(6):
        notes = [
            Note(6 * k, int(random.integers(55, 70)), 6) for k in range(60 + number)
        ]
        write_midi(Score.from_notes(notes), folder / "deep" / f"{number}.mid")
    (folder / "noise.mid").write_bytes(b"no music")
    mido.MidiFile(tracks=[mido.MidiTrack()]).save(folder / "silence.mid")
    return folder


def call(script, *arguments):
    """Run a script in this process, and return its exit status."""
    arguments = [str(argument) for argument in arguments]
    before, sys.argv = sys.argv, [script.__name__, *arguments]
    try:
        resumed = getattr(script, "arguments_of_run", None)
        command_line.run(script.main, script.Arguments, resumed)
    except SystemExit as stop:
        return stop.code
    finally:
        sys.argv = before
    return 0


@pytest.fixture(scope="module")
def run(midi, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "events"
    assert call(train, "--run", folder, "--midi", midi, *TINY) == 0
    return folder


@pytest.fixture(scope="module")
def names_run(midi, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "names"
    arguments = ["--midi", midi, "--encoding", "note-names", *TINY]
    assert call(train, "--run", folder, *arguments) == 0
    return folder


def onsets(path):
    """Return (tick, pitch) of each note-on that mido reads, in the file's ticks."""
    found = []
    for track in mido.MidiFile(path).tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                found.append((tick, message.note))
    return sorted(found)


def test_train_saves_its_settings_and_resumes(run, midi, capsys):
    assert (run / "loss.png").exists()
    settings = json.loads((run / "config.json").read_text())
    assert settings["model"]["sizes"] == [12, 8]
    assert settings["corpus"]["origin"]["midi"] == str(midi)
    assert call(train, "--run", run, "--resume", "--steps", 6) == 0
    lines = [json.loads(line) for line in (run / "metrics.jsonl").open()]
    steps = [line["step"] for line in lines if "validation_loss" in line]
    assert steps == [2, 4, 6]
    assert call(train, "--run", run, "--resume", "--batch-size", 8) == 2
    assert "batch_size is 8" in capsys.readouterr().err


@pytest.fixture(scope="module")
def unusual(midi, tmp_path_factory):
    """Return a complete run in which no setting has its default value."""
    folder = tmp_path_factory.mktemp("runs") / "unusual"
    settings = "--validation 0.2 --split-seed 3 --encoding note-names --parts first "
    settings += "--dropout 0.1 --cores 1 --learning-rate 5e-3 --schedule cosine "
    settings += "--cross-pieces --seed 7 --no-end-symbol"
    assert call(train, "--run", folder, "--midi", midi, *TINY, *settings.split()) == 0
    return folder


@pytest.mark.parametrize(
    "given",
    [
        "--steps 2000",
        "--learning-rate 1e-3",
        "--batch-size 64",
        "--window 100",
        "--seed 0",
        "--schedule constant",
        "--no-cross-pieces",
        "--sizes 512 256",
        "--dropout 0.3",
        "--cores 2",
        "--validation 0.1",
        "--split-seed 0",
        "--end-symbol",
        "--encoding events",
        "--parts all",
        "--midi elsewhere",
        "--midi None",
        "--symbols data.txt",
    ],
)
def test_a_setting_that_was_given_is_not_ignored(unusual, given, capsys):
    """This includes default values, because the run was started with other values."""
    files = [unusual / name for name in ("config.json", "metrics.jsonl")]
    before = [path.read_bytes() for path in files]
    assert call(train, "--run", unusual, "--resume", *given.split()) == 2
    name = given.split()[0].removeprefix("--no-").strip("-").replace("-", "_")
    error = capsys.readouterr().err
    assert f"error: {name} is " in error
    assert "the run to resume was started with" in error
    assert [path.read_bytes() for path in files] == before


def test_settings_that_are_the_run_s_own_may_be_given(unusual, midi):
    given = "--learning-rate 5e-3 --cross-pieces --evaluate-every 100 --sizes 12 8"
    given = [*given.split(), "--midi", midi]
    assert call(train, "--run", unusual, "--resume", *given) == 0
    training = json.loads((unusual / "config.json").read_text())["training"]
    assert training["evaluate_every"] == 100
    assert training["steps"] == 4


def test_a_resume_writes_a_missing_vocabulary_again(run, tmp_path):
    folder = copy_without_vocabulary(run, tmp_path / "bare")
    assert call(train, "--run", folder, "--resume") == 0
    found = (folder / "vocabulary.json").read_bytes()
    assert found == (run / "vocabulary.json").read_bytes()


def test_fewer_steps_than_the_run_has_taken_are_refused(run, capsys):
    before = (run / "config.json").read_bytes()
    assert call(train, "--run", run, "--resume", "--steps", 3) == 2
    assert "error: steps is 3; it must be at least" in capsys.readouterr().err
    assert (run / "config.json").read_bytes() == before


def test_generate_writes_as_many_notes_as_asked_for(run, tmp_path):
    arguments = ["--notes", 40, "--pieces", 2, "--top-p", 0.9, "--out", tmp_path]
    arguments += ["--pictures", 1]
    assert call(generate, "--run", run, *arguments) == 0
    first, second = (tmp_path / f"piece-00{k}.mid" for k in range(2))
    assert len(onsets(first)) == len(onsets(second)) == 40
    assert onsets(first) != onsets(second)
    assert first.with_suffix(".png").read_bytes()[:4] == b"\x89PNG"
    assert not second.with_suffix(".png").exists()


def test_generate_ends_pieces_where_the_model_ends_them(run, tmp_path, capsys):
    """After four steps of training, any symbol may be the next, the end as well."""
    arguments = ["--notes", 30, "--pieces", 3, "--until-end", "--temperature", 5]
    assert call(generate, "--run", run, *arguments, "--out", tmp_path) == 0
    for number, line in enumerate(capsys.readouterr().out.splitlines()):
        notes = len(onsets(tmp_path / f"piece-00{number}.mid"))
        ended = f"{notes} notes sound, then the piece ends" in line
        assert ended or "30 notes sound, cut at --notes 30" in line


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
    """Twelve notes, of which the run knows every second one."""
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


@pytest.mark.parametrize(
    "variables", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "1"}]
)
def test_names_of_files_never_stop_a_script(variables, tmp_path):
    """The script reads one note and stops, because that is too little to split."""
    folder = tmp_path / os.fsdecode("Stücke \n".encode() + b"\xff")
    folder.mkdir()
    write_midi(Score.from_notes([Note(0, 60, 3)]), folder / "a.kar")
    (folder / os.fsdecode(b"bad \xff\n.mid")).write_bytes(b"bad")
    command = [sys.executable, train.__file__, "--midi", folder, "--run", "new"]
    command += ["--encoding", "note-names"]
    result = subprocess.run(
        command, cwd=tmp_path, env=os.environ | variables, capture_output=True
    )
    # Without a terminal, the progress bar may leave an empty line.
    errors = [line for line in result.stderr.decode().splitlines() if line]
    assert errors[0].startswith("skipped bad \\udcff\\n.mid: not a MIDI file")
    assert errors[-1].startswith(
        "error: corpus is too small to split: MIDI files of St"
    )
    assert len(errors) == 2
    assert result.returncode == 2
    assert len(result.stdout.decode().splitlines()) == 1


def test_reproduce(tmp_path):
    random = np.random.default_rng(0)
    symbols = random.choice(["C4", "E4", "4.9", "G5", "0"], 400)
    (tmp_path / "data.txt").write_text("\n".join(symbols) + "\n")
    arguments = ["--epochs", 2, "--batch-size", 152, "--sizes", 12, 8, "--notes", 35]
    run = tmp_path / "run"
    source = ["--symbols", tmp_path / "data.txt"]
    assert call(reproduce_lstm_music, *source, "--run", run, *arguments) == 0
    notes = read_midi(run / "music.mid").on_grid(12).notes
    assert len({note.onset for note in notes}) == 135
    # The music begins with the window of the corpus that it was started from.
    windows = [NoteNames().decode(symbols[i : i + 100]).score for i in range(300)]
    begin = tuple(note for note in notes if note.onset < windows[0].end)
    assert begin in [window.notes for window in windows]
    lines = [json.loads(line) for line in (run / "metrics.jsonl").open()]
    assert lines[-1]["step"] == 4  # 300 windows: two steps per epoch


@pytest.mark.parametrize(
    ("strategy", "name", "first"),
    [
        ("Chain(Temperature(0.9), TopP(sweep(0.5, 1)))", "Temperature-0.9-TopP", 0.5),
        # The knob fixes a size: a program per value.
        ("NoRepeatNgram(2, memory=sweep(4, 8))", "NoRepeatNgram-2-memory", 4),
        ("PitchRange(sweep(55, 60), 72)", "PitchRange", 55),
    ],
)
def test_sweep(run, tmp_path, strategy, name, first):
    arguments = ["--length", 20, "--pieces", 2, "--out", tmp_path]
    assert call(sweep_strategy, "--run", run, "--strategy", strategy, *arguments) == 0
    (table,) = tmp_path.glob("*.json")
    assert name in table.name
    assert table.with_name(f"{table.stem}.png").exists()
    rows = json.loads(table.read_text())
    assert rows[0]["value"] == first
    assert rows[0]["kept count"] <= rows[1]["kept count"] or "TopP" not in strategy


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


HUGE = "99999999999999999999"
SEED = f"seed is {HUGE}; it must be in [0, 2^32)"
STRATEGY = ["--run", "RUN", "--strategy"]
SWEEP_P = [*STRATEGY, "TopP(sweep(0.5))"]
WRONG = [
    (train, ["--run", "new", "--midi", "nowhere"], "path is nowhere"),
    (train, ["--run", "new", "--symbols", "nowhere.txt"], "nowhere.txt"),
    (train, ["--run", "new", "--midi", "a", "--symbols", "b"], "give one of them"),
    (
        train,
        ["--run", "nowhere", "--resume"],
        "run is nowhere; it must be a run folder",
    ),
    (train, ["--run", "new", "--dropout", "1"], "dropout is 1.0; it must be in [0, 1)"),
    (train, ["--run", "new", "--sizes", "0"], "sizes is (0,)"),
    (
        train,
        ["--run", "new", "--sizes", "1000000000"],
        "sizes is (1000000000,); its layers have 4e+18 parameters, and they may have",
    ),
    (train, ["--run", "new", "--validation", "1.5"], "validation is 1.5"),
    (train, ["--run", "new", "--validation", "-1"], "validation is -1.0; it must be"),
    (train, ["--run", "new", "--validation", "nan"], "validation is nan; it must be"),
    (
        train,
        ["--run", "new", "--seed", HUGE],
        SEED,
    ),
    (train, ["--run", "FILE"], "file is a file; it must be a folder"),
    (train, ["--run", "FILE/deep"], "file is a file; it must be a folder"),
    (
        train,
        ["--run", "FOLDERS", "--resume"],
        "metrics.jsonl is a folder; move it away",
    ),
    (
        train,
        ["--run", "NOISE", "--resume"],
        "is no JSON in UTF-8, so restore it from a",
    ),
    (train, ["--run", "new", "--steps", "0"], "steps is 0; it must be 1 or more"),
    (train, ["--run", "new", "--steps", "few"], "steps"),
    (
        train,
        ["--run", "new", "--precision", "half"],
        "error: Invalid choice 'half' for",
    ),
    (train, ["--run", "new", "--step", "1"], "error: Unrecognized options: --step"),
    (train, ["--run", "RUN"], "which is not empty"),
    (generate, ["--run", "nowhere"], "run is nowhere; it must be a run folder"),
    (generate, ["--run", "EMPTY"], "has no best checkpoint"),
    (generate, ["--run", "BARE"], "vocabulary.json is missing; resume the run with"),
    (generate, ["--run", "NOISE"], "is no JSON in UTF-8, so restore it from a copy"),
    (
        generate,
        ["--run", "RUN", "--seed", HUGE],
        SEED,
    ),
    (generate, ["--run", "RUN", "--seed", "-1"], "seed is -1; it must be in [0, 2^32)"),
    (
        generate,
        ["--run", "RUN", "--out", "FILE"],
        "file is a file; it must be a folder",
    ),
    (generate, ["--run", "RUN", "--notes", "0"], "notes is 0; it must be at least 1"),
    (generate, ["--run", "RUN", "--pieces", "0"], "pieces is 0; it must be at least 1"),
    (
        generate,
        ["--run", "RUN", "--top-p", "1.5"],
        "error: --top-p: p of TopP is 1.5; it must be in (0, 1]",
    ),
    (
        generate,
        ["--run", "RUN", "--temperature", "0"],
        "error: --temperature: value of Temperature is 0.0; it must be",
    ),
    (
        generate,
        ["--run", "RUN", "--note-length", "1"],
        "note_length is 1.0; it must be left out",
    ),
    (
        generate,
        ["--run", "RUN", "--watermark", "-1"],
        "error: --watermark: key of Watermark is -1; it must be a whole number, 0 or",
    ),
    (
        detect_watermark,
        ["--run", "RUN", "--key", "1", "--files", "nowhere.mid"],
        "nowhere.mid",
    ),
    (generate, ["--run", "RUN", "--window", "9"], "window is 9; it needs --context"),
    (generate, ["--run", "RUN", "--primer", "no.mid"], "primer is no.mid; it must be"),
    (
        generate,
        ["--run", "RUN", "--primer", "corpus", "--primer-length", "900"],
        "primer_length is 900; the longest piece has",
    ),
    (
        generate,
        ["--run", "RUN", "--keep-primer", "--drop-primer"],
        "keep_primer and drop_primer",
    ),
    (generate, ["--run", "RUN", "--cores", "0"], "cores is 0; it must be at least 1"),
    (
        generate,
        ["--run", "RUN", "--parallel-streams", "0"],
        "parallel_streams is 0; it must be a whole number, 1 or more",
    ),
    (generate, ["--run", "RUN", "--tempo", "0"], "tempo is 0.0; it must be 4 to 1000"),
    (generate, ["--run", "RUN", "--program", "128"], "program is 128; it must be 0 to"),
    (generate, ["--run", "RUN", "--pictures", "-1"], "pictures is -1; it must be 0 or"),
    (
        generate,
        ["--run", "RUN", "--out", "/proc/music"],
        "out is /proc/music, and /proc cannot be written (",
    ),
    (
        sweep_strategy,
        [*STRATEGY, "TopP(sweep(0.5, 1.5))"],
        "error: strategy is 'TopP(sweep(0.5, 1.5))'; at character 1, p of TopP is 1.5;",
    ),
    (
        sweep_strategy,
        [*STRATEGY, "top_p(sweep(1))"],
        "at character 1, top_p is no known name; did you mean TopP",
    ),
    (sweep_strategy, [*STRATEGY, "TopP(0.5)"], "strategy holds sweep 0 times; it must"),
    (
        sweep_strategy,
        [*STRATEGY, "Chain(TopP(sweep(1)), TopK(sweep(2)))"],
        "strategy holds sweep 2 times; it must hold it once",
    ),
    (
        sweep_strategy,
        [*STRATEGY, "TopP(sweep([0.5]))"],
        "at character 6, sweep has [[0.5]]; it takes finite numbers",
    ),
    (generate, [*STRATEGY, "TopQ(0.9)"], "TopQ is no known name; did you mean TopP"),
    (
        generate,
        [*STRATEGY, "Forbid(['H4'])"],
        "at character 1, symbol is 'H4'; it must be shift_1 to",
    ),
    (
        generate,
        [*STRATEGY, "Contrastive(run='nowhere')"],
        "run is nowhere; it must be a run folder",
    ),
    (
        generate,
        [*STRATEGY, "Greedy()", "--top-p", "0.9"],
        "strategy and top_p are given; write all of them into strategy",
    ),
    (
        generate,
        ["--run", "RUN", "--plugin", ECHO],
        "echo.py; it needs --strategy",
    ),
    (reproduce_lstm_music, ["--run", "new"], "midi and symbols are both missing"),
    (reproduce_lstm_music, ["--run", "new", "--epochs", "0"], "epochs is 0"),
    (quickstart, ["--run", "RUN"], "which is not empty"),
    (quickstart, ["--notes", "0"], "notes is 0; it must be at least 1"),
    (quickstart, ["--run", "new", "--seed", HUGE], SEED),
    (sweep_strategy, [*SWEEP_P, "--seed", HUGE], SEED),
    (
        sweep_strategy,
        [*SWEEP_P, "--out", "FILE"],
        "file is a file; it must be a folder",
    ),
]


def copy_with_metrics_as_folder(run, folder):
    shutil.copytree(run, folder)
    (folder / "metrics.jsonl").unlink()
    (folder / "metrics.jsonl").mkdir()
    return folder


def copy_without_vocabulary(run, folder):
    shutil.copytree(run, folder)
    (folder / "vocabulary.json").unlink()
    return folder


def folder_of_noise(folder):
    folder.mkdir()
    (folder / "config.json").write_bytes(b"\xff\x00noise")
    return folder


@pytest.mark.parametrize(("script", "arguments", "message"), WRONG)
def test_wrong_arguments_get_one_line(
    script, arguments, message, run, tmp_path, monkeypatch, capsys
):
    empty = tmp_path / "empty"
    empty.mkdir()
    for name in ("config.json", "vocabulary.json"):
        (empty / name).write_bytes((run / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    places = {
        "RUN": run,
        "EMPTY": empty,
        "FILE": tmp_path / "file",
        "FILE/deep": tmp_path / "file" / "deep",
        "FOLDERS": copy_with_metrics_as_folder(run, tmp_path / "folders"),
        "NOISE": folder_of_noise(tmp_path / "noise"),
        "BARE": copy_without_vocabulary(run, tmp_path / "bare"),
    }
    arguments = [places.get(argument, argument) for argument in arguments]
    if arguments[:2] == ["--run", "new"] and script is train and len(arguments) == 4:
        (tmp_path / "data.txt").write_text(
            "C4\nD4\nE4\n" * 100 + "\n" + "F4\nA4\n" * 99
        )
        if "--midi" not in arguments and "--symbols" not in arguments:
            arguments += ["--symbols", "data.txt"]
    assert call(script, *arguments) == 2
    *others, error = capsys.readouterr().err.strip().splitlines()
    assert message in error
    assert error.startswith("error: ")
    assert all(line.startswith("skipped ") for line in others)
    assert not (tmp_path / "new").exists()


def test_the_seed_of_quickstart_seeds_its_training(tmp_path, monkeypatch):
    seeds = []

    def record(folder, data, model, training):
        seeds.append(training.seed)
        raise ValueError("no training is needed")

    monkeypatch.setattr(quickstart, "train", record)
    assert call(quickstart, "--run", tmp_path / "run", "--seed", 5) == 2
    assert seeds == [5]


@pytest.mark.slow
def test_quickstart(tmp_path):
    assert call(quickstart, "--run", tmp_path / "run") == 0
    assert len(onsets(tmp_path / "run" / "music.mid")) == 1000
    lines = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").open()]
    best = min(line["validation_loss"] for line in lines if "validation_loss" in line)
    trigram = next(line["trigram_loss"] for line in lines if "trigram_loss" in line)
    assert np.exp(best) < 0.8 * np.exp(trigram)
    assert np.exp(best) < 0.9 * np.exp(lines[0]["five_gram_loss"])


def test_scripts_use_the_public_api_only():
    import lstm_music_jax

    for path in Path(train.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "lstm_music_jax":
                names = {alias.name for alias in node.names}
                assert names <= set(lstm_music_jax.__all__), path
    assert len(jax.devices()) == 4
