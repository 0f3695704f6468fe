"""Notes that are left out are counted and reported; notes can be selected."""

import pytest

from lstm_music_jax.music.corpus.loading import load_midi_folder
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.losses import Losses
from lstm_music_jax.music.selection import Selection
from tests.music.midi.midi_files import beat, off, on, program, save_midi


@pytest.fixture
def songs(tmp_path):
    """Two files: one with drums and doubled notes, one with a note that never ends."""
    folder = tmp_path / "songs"
    folder.mkdir()
    drums = [on(0, 36, 9), off(480, 36, 9), on(0, 38, 9), off(480, 38, 9)]
    violin = [program(40), *beat(64), *beat(67)]
    save_midi(folder / "band.mid", beat(60), beat(60), violin, drums)
    save_midi(folder / "cut.mid", [*beat(62), on(0, 65)])
    return folder


def load(songs, cache, encoding, **options):
    return load_midi_folder(songs, encoding, cache=cache, progress=False, **options)


def test_losses_are_counted_and_kept_in_the_cache(songs, tmp_path, capsys):
    for _ in range(2):
        corpus = load(songs, tmp_path / "cache", Events())
        assert corpus.losses == Losses(endless=1, drums=2, merged=1)
        assert corpus.summary().endswith(
            "left out: 1 notes that never end, 2 drum notes, 1 notes on the same pitch "
            "and moment as another"
        )
        said = capsys.readouterr().err
        assert said == "cut.mid: 1 of its notes never end, and are left out\n"


@pytest.mark.parametrize(
    ("encoding", "losses"),
    [
        (NoteNames("first"), Losses(1, 0, 0)),
        (NoteNames("all"), Losses(1, 2, 0)),
        (Events(24, drums=True), Losses(1, 0, 1)),
        (Performance(), Losses(1, 2, 1)),
    ],
)
def test_each_encoding_has_losses_of_its_own(songs, encoding, losses):
    assert load(songs, False, encoding).losses == losses


@pytest.mark.parametrize(
    ("selection", "pitches"),
    [
        (Selection(), ["60", "62", "64", "67"]),
        (Selection(tracks=(2,)), ["64", "67"]),
        (Selection(tracks=(0, 3)), ["60", "62"]),
        (Selection(programs=(40,)), ["64", "67"]),
        (Selection(programs=(40,), tracks=(1, 2)), ["64", "67"]),
    ],
)
def test_notes_are_selected_by_track_and_program(songs, tmp_path, selection, pitches):
    # Every selection has a cache of its own.
    for _ in range(2):
        corpus = load(songs, tmp_path / "cache", Events(), selection=selection)
        found = {s.removeprefix("pitch_") for s in corpus.symbols if "pitch" in s}
        assert sorted(found) == pitches


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tracks": (-1,)}, "tracks holds -1; it must be 0 or more"),
        ({"programs": (128,)}, "programs holds 128; it must be 0 to 127"),
    ],
)
def test_a_wrong_selection_is_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        Selection(**arguments)
