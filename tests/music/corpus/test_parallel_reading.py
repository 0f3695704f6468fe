"""Reading many files: the same results in any number of processes, whatever fails."""

import subprocess
import sys

import pytest

from lstm_music_jax.music.corpus import reader_process
from lstm_music_jax.music.corpus.chorale_files import chorale_paths
from lstm_music_jax.music.corpus.parallel_reading import read_scores
from tests.music.midi.midi_files import beat, save_midi


@pytest.fixture
def files(tmp_path):
    """Six paths: number 2 is not a MIDI file, and number 5 does not exist."""
    paths = [save_midi(tmp_path / f"{i}.mid", beat(60 + i)) for i in range(5)]
    paths[2].write_bytes(b"not music")
    return [*paths, tmp_path / "missing.mid"]


def test_the_result_does_not_depend_on_the_processes(files):
    here = read_scores(files, "midi", processes=1, progress=False)
    there = read_scores(files, "midi", processes=2, progress=False)
    assert [r if isinstance(r, str) else r.notes for r in here] == [
        r if isinstance(r, str) else r.notes for r in there
    ]
    assert here[2] == "not a MIDI file: it does not begin with 'MThd'"
    assert here[5] == "No such file or directory"
    assert [score.notes[0].pitch for score in here[:2]] == [60, 61]


def test_a_reader_process_returns_the_whole_score():
    paths = chorale_paths()[:2]
    here = read_scores(paths, "musicxml", processes=1, progress=False)
    there = read_scores(paths, "musicxml", processes=2, progress=False)
    assert [s.written for s in here] == [s.written for s in there]
    spelled = [[c.spelling for p in s.written for c in p.chords] for s in here]
    assert spelled == [[c.spelling for p in s.written for c in p.chords] for s in there]
    assert "F#4" in spelled[0]


def test_a_file_that_takes_too_long_is_given_up(files):
    results = read_scores(
        files, "midi", processes=2, progress=False, seconds_per_file=0.01
    )
    assert results == ["not read within 0.01 s"] * len(files)


# A reader process that crashes on the file 2.mid.
CRASHING_READER = """
import sys
for line in sys.stdin:
    if "2.mid" in line:
        sys.exit(1)
    print('[null, [], 480, 0, [[], [], []]]', flush=True)
"""


def test_a_file_that_crashes_its_reader_affects_no_other(files, monkeypatch):
    def start(file_format):
        return subprocess.Popen(
            [sys.executable, "-c", CRASHING_READER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    monkeypatch.setattr(reader_process, "_start", start)
    results = read_scores(files, "midi", processes=2, progress=False)
    assert results[2] == "its reader died"
    assert [i for i, result in enumerate(results) if isinstance(result, str)] == [2]


def test_a_script_without_a_main_guard_may_use_processes(files):
    script = (
        "from pathlib import Path\n"
        "from lstm_music_jax.music.corpus.parallel_reading import read_scores\n"
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


def test_the_number_of_processes_must_be_positive():
    with pytest.raises(ValueError, match="processes is 0"):
        read_scores([], "midi", processes=0)
    assert read_scores([], "midi", progress=False) == []
