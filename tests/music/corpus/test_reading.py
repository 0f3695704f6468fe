"""Reading many files: the same in every process, whatever one file does."""

import subprocess
import sys

import pytest

from lstm_music_jax.music.corpus import reading
from lstm_music_jax.music.corpus.chorales import chorale_paths
from lstm_music_jax.music.corpus.reading import read_scores
from tests.music.midi.midi_files import off, on, save_midi


@pytest.fixture
def files(tmp_path):
    paths = [
        save_midi(tmp_path / f"{i}.mid", [on(0, 60 + i), off(480, 60 + i)])
        for i in range(5)
    ]
    paths[2].write_bytes(b"not music")
    return [*paths, tmp_path / "missing.mid"]


def test_processes_do_not_change_the_result(files):
    here = read_scores(files, "midi", processes=1, progress=False)
    there = read_scores(files, "midi", processes=2, progress=False)
    assert here == there
    assert here[2] == "not a MIDI file: it does not begin with 'MThd'"
    assert here[5] == "No such file or directory"
    assert [score.notes[0].pitch for score in here[:2]] == [60, 61]


def test_scores_survive_the_way_between_processes():
    paths = chorale_paths()[:2]
    here = read_scores(paths, "chorale", processes=1, progress=False)
    there = read_scores(paths, "chorale", processes=2, progress=False)
    assert here == there
    spelled = [[c.name for p in score.parts for c in p.chords] for score in here]
    assert spelled == [[c.name for p in s.parts for c in p.chords] for s in there]
    assert "F#4" in spelled[0]


def test_a_file_that_takes_too_long_is_given_up(files):
    outcomes = read_scores(
        files, "midi", processes=2, progress=False, seconds_per_file=0.01
    )
    assert outcomes == ["not read within 0.01 s"] * len(files)


# Stands for a reader that some file crashes: it dies of every path with a 2.
MORTAL = """
import sys
for line in sys.stdin:
    if "2.mid" in line:
        sys.exit(1)
    print("[]", flush=True)
"""


def test_a_reader_that_dies_costs_one_file(files, monkeypatch):
    def start(kind):
        return subprocess.Popen(
            [sys.executable, "-c", MORTAL],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    monkeypatch.setattr(reading, "_start", start)
    outcomes = read_scores(files, "midi", processes=2, progress=False)
    assert outcomes[2] == "its reader died"
    assert [i for i, outcome in enumerate(outcomes) if isinstance(outcome, str)] == [2]


def test_a_script_without_a_main_guard_may_use_processes(files):
    script = (
        "from pathlib import Path\n"
        "from lstm_music_jax.music.corpus.reading import read_scores\n"
        f"paths = [Path(p) for p in {[str(path) for path in files[:2]]}]\n"
        "scores = read_scores(paths, 'midi', processes=2, progress=False)\n"
        "print(*(score.notes[0].pitch for score in scores))\n"
    )
    done = subprocess.run(
        [sys.executable, "-"],
        input=script,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert (done.stdout, done.stderr) == ("60 61\n", "")


def test_number_of_processes():
    with pytest.raises(ValueError, match="processes is 0"):
        read_scores([], "midi", processes=0)
    assert read_scores([], "midi", progress=False) == []
