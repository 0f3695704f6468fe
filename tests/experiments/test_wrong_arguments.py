"""Wrong arguments of every script get one line that says what is allowed."""

import shutil

import detect_watermark
import evaluate
import generate
import pytest
import quickstart
import reproduce_lstm_music
import sweep_strategy
import train

from tests.experiments.calling import ECHO, call, copy_without_vocabulary

HUGE = "99999999999999999999"


SEED = f"seed is {HUGE}; it must be in [0, 2^32)"


STRATEGY = ["--run", "RUN", "--strategy"]


SWEEP_P = [*STRATEGY, "TopP(sweep(0.5))"]


WRONG = [
    (generate, ["--run", "RUN", "--soundfont", "a"], "soundfont is a; it needs --wav"),
    (
        generate,
        ["--run", "RUN", "--wav", "--soundfont", "FILE"],
        "it must be a SoundFont file (.sf2), and this file is something else",
    ),
    (
        generate,
        ["--run", "RUN", "--primer-length", "9"],
        "primer_length is 9; it needs --primer",
    ),
    (
        generate,
        ["--run", "RUN", "--keep-primer"],
        "keep_primer is given; it needs --primer",
    ),
    (
        generate,
        ["--run", "RUN", "--primer", "corpus", "--unknown", "drop"],
        "unknown is drop; it needs --primer with a MIDI file",
    ),
    (train, ["--run", "new", "--midi", "nowhere"], "path is nowhere"),
    (train, ["--run", "new", "--symbols", "nowhere.txt"], "nowhere.txt"),
    (train, ["--run", "new", "--midi", "a", "--symbols", "b"], "give one of them"),
    (train, ["--tracks", "1", "--run", "new"], "tracks is [1]; it needs --midi"),
    (train, ["--programs", "0", "--run", "new"], "programs is [0]; it needs --midi"),
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
        "is not JSON in UTF-8, so restore it from a",
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
    (generate, ["--run", "NOISE"], "is not JSON in UTF-8, so restore it from a copy"),
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
    (generate, ["--run", "RUN", "--notes", "0"], "notes is 0; it must be a whole"),
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
        "at character 1, top_p is not a known name; did you mean TopP",
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
    (generate, [*STRATEGY, "TopQ(0.9)"], "TopQ is not a known name; did you mean TopP"),
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
        "echo.py; it needs --strategy or --decoder",
    ),
    (
        generate,
        ["--run", "RUN", "--decoder", "SMV(64)"],
        "decoder is 'SMV(64)'; at character 1, SMV is not a known name; did you mean S",
    ),
    (
        generate,
        ["--run", "RUN", "--decoder", "TopP(0.9)"],
        "decoder is 'TopP(0.9)'; it must be a decoder, like SMC(64)",
    ),
    (evaluate, ["--run", "nowhere"], "run is nowhere; it must be a run folder"),
    (evaluate, ["--run", "RUN", "--seed", HUGE], SEED),
    (evaluate, ["--run", "RUN", "--window", "0"], "window is 0; it must be a whole"),
    (
        evaluate,
        ["--run", "RUN", "--strategies", "TopQ(0.9)"],
        "TopQ is not a known name; did you mean TopP",
    ),
    (evaluate, ["--run", "RUN", "--strategies"], "strategies is empty; name one or"),
    (
        evaluate,
        ["--run", "RUN", "--strategies", "TopP(0.9)", "TopP(0.9)"],
        "strategies holds 'TopP(0.9)' twice; name each one once",
    ),
    (
        evaluate,
        ["--run", "RUN", "--length", "900"],
        "primer_length is 32 and length is 900; their sum must be at most",
    ),
    (evaluate, ["--run", "RUN", "--length", "0"], "length is 0; it must be at least 1"),
    (evaluate, ["--run", "RUN", "--out", "FILE"], "file is a file; it must be a"),
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
