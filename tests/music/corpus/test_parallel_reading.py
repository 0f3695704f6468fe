"""Reading many files: the same results in any number of processes, whatever fails."""

import subprocess
import sys

import pytest

from lstm_music_jax.music.corpus import reader_process
from lstm_music_jax.music.corpus.chorale_files import chorale_paths
from lstm_music_jax.music.corpus.encoded_file import Encoded, Failure, Reading
from lstm_music_jax.music.corpus.parallel_reading import encode_files
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from tests.music.midi.midi_files import beat, save_midi


@pytest.fixture
def files(tmp_path):
    """Six paths: number 2 is not a MIDI file, and number 5 does not exist."""
    paths = [save_midi(tmp_path / f"{i}.mid", beat(60 + i)) for i in range(5)]
    paths[2].write_bytes(b"not music")
    return [*paths, tmp_path / "missing.mid"]


def outcomes(paths, file_format="midi", encoding=None, **options):
    """Return the symbols of each file, or its failure, in the order of the paths."""
    encoding = encoding or NoteNames()
    read = encode_files(
        paths, Reading(file_format, encoding), progress=False, **options
    )
    found = {
        position: [outcome.symbols[number] for number in outcome.numbers]
        if isinstance(outcome, Encoded)
        else outcome
        for position, outcome in read
    }
    return [found[position] for position in range(len(paths))]


def test_the_result_does_not_depend_on_the_processes(files):
    here = outcomes(files, processes=1)
    assert here == outcomes(files, processes=2)
    assert here[:2] == [["C4"], ["C#4"]]
    assert here[2] == Failure(
        "not a MIDI file: it does not begin with 'MThd'", transient=False
    )
    assert here[5] == Failure("No such file or directory", transient=True)


@pytest.mark.parametrize("encoding", [Events(), NoteNames("first")])
def test_a_reader_process_encodes_as_it_is_told(encoding):
    paths = chorale_paths()[:2]
    here = outcomes(paths, "musicxml", encoding, processes=1)
    assert here == outcomes(paths, "musicxml", encoding, processes=2)
    assert all(len(symbols) > 40 for symbols in here)


def test_a_file_that_takes_too_long_is_given_up(files):
    found = outcomes(files, processes=2, seconds_per_file=0.01)
    assert found == [Failure("not read within 0.01 s", transient=True)] * len(files)


# A reader process that crashes on the file 2.mid, and once on the file 4.mid.
CRASHING_READER = """
import json, os, sys
for line in sys.stdin:
    for path in json.loads(line):
        if "2.mid" in path:
            sys.exit(1)
        if "4.mid" in path and not os.path.exists("once"):
            open("once", "w").close()
            sys.exit(1)
        print('[["C4"], 4, [0, 0, 0]]', flush=True)
        sys.stdout.buffer.write(bytes(4))
        sys.stdout.flush()
"""


@pytest.mark.parametrize("files_per_request", [1, 2, 6])
def test_a_file_that_crashes_its_reader_affects_no_other(
    files, files_per_request, monkeypatch, tmp_path
):
    started = []

    def start(reading):
        started.append(reading)
        return subprocess.Popen(
            [sys.executable, "-c", CRASHING_READER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=tmp_path,
        )

    monkeypatch.setattr(reader_process, "_start", start)
    reader = reader_process.ReaderProcess({}, 60)
    found = []
    for first in range(0, 6, files_per_request):
        found += reader.read(files[first : first + files_per_request])
    reader.close()
    assert len(found) == 6
    assert found[2] == Failure("its reader died", transient=True)
    # What crashed once is read when it is tried again.
    assert all(isinstance(found[i], Encoded) for i in (0, 1, 3, 4, 5))
    # The file 2.mid killed two processes, and 4.mid one.
    assert len(started) == 4


def test_a_script_without_a_main_guard_may_use_processes(files):
    script = (
        "from pathlib import Path\n"
        "from lstm_music_jax import NoteNames\n"
        "from lstm_music_jax.music.corpus.encoded_file import Reading\n"
        "from lstm_music_jax.music.corpus.parallel_reading import encode_files\n"
        "reading = Reading('midi', NoteNames())\n"
        f"paths = [Path(p) for p in {[str(path) for path in files[:2]]}]\n"
        "read = encode_files(paths, reading, processes=2, progress=False)\n"
        "print(*(outcome.symbols[0] for _, outcome in sorted(read)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-"],
        input=script,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert (done.stdout, done.stderr) == ("C4 C#4\n", "")


def test_the_number_of_processes_must_be_positive():
    with pytest.raises(ValueError, match="processes is 0"):
        encode_files([], Reading("midi", NoteNames()), processes=0)
    assert outcomes([]) == []
