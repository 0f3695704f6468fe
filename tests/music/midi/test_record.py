"""Records in MIDI files: read back exactly, and skipped by other programs."""

import mido
import pytest

from lstm_music_jax.music.midi.reading import read_midi
from lstm_music_jax.music.midi.record import DamagedRecordError, read_record
from lstm_music_jax.music.midi.writing import write_midi
from lstm_music_jax.music.score import Note, Score
from tests.music.midi.other_readers import READERS

SCORE = Score.from_notes([Note(6 * k, 40 + k % 50, 6, 1 + k % 127) for k in range(300)])
RECORD = "".join(map(str, range(4000))) + ' {"strategy": "TopP(0.9)"}\t~'


@pytest.fixture
def path(tmp_path):
    write_midi(SCORE, tmp_path / "x.mid", tempo=90, record=RECORD)
    return tmp_path / "x.mid"


@pytest.mark.parametrize("length", [0, 1, 126, 127, 128, 254])
def test_a_record_is_read_back(tmp_path, length):
    path = tmp_path / "x.mid"
    write_midi(SCORE, path, record=RECORD[:length])
    assert read_record(path) == RECORD[:length]


def test_other_programs_read_the_same_music(path, tmp_path):
    write_midi(SCORE, tmp_path / "plain.mid", tempo=90)
    for read in READERS:
        assert read(path) == read(tmp_path / "plain.mid"), read.__name__
    ours, plain = read_midi(path), read_midi(tmp_path / "plain.mid")
    assert (ours.notes, ours.tempos) == (plain.notes, plain.tempos)


def test_no_event_is_long(path):
    """A length of 127 or less takes one byte."""
    texts = [each.text for each in mido.MidiFile(path).tracks[0] if each.type == "text"]
    assert "".join(texts[1:]) == RECORD
    assert max(map(len, texts)) == 127


def test_a_record_survives_another_program(path, tmp_path):
    """mido writes the file anew, with all tracks merged into one."""
    file = mido.MidiFile(path)
    merged = mido.MidiFile(
        type=0, ticks_per_beat=file.ticks_per_beat, tracks=[file.merged_track]
    )
    merged.save(tmp_path / "saved.mid")
    assert read_record(tmp_path / "saved.mid") == RECORD


def test_a_file_of_another_program_has_no_record(tmp_path):
    text = mido.MetaMessage("text", text="lstm_music_jax is not what made this")
    mido.MidiFile(tracks=[mido.MidiTrack([text])]).save(tmp_path / "x.mid")
    assert read_record(tmp_path / "x.mid") is None
    write_midi(SCORE, tmp_path / "x.mid")
    assert read_record(tmp_path / "x.mid") is None


def changed(texts):
    return [*texts[:3], "x" + texts[3][1:], *texts[4:]]


@pytest.mark.parametrize(
    "damage",
    [
        changed,
        lambda texts: texts[:-1],
        lambda texts: texts[:1],
        lambda texts: [texts[0], *texts[2:], texts[1]],
        lambda texts: (
            [texts[0].replace("texts", "0 texts"), *texts[1:]][1:] + texts[:1]
        ),
        lambda texts: [texts[0], "\xff" * 100],
    ],
)
def test_a_damaged_record_is_an_error_of_one_line(path, damage):
    file = mido.MidiFile(path)
    (track, *_) = file.tracks
    texts = damage([each.text for each in track if each.type == "text"])
    others = [each for each in track if each.type != "text"]
    track[:] = [*(mido.MetaMessage("text", text=text) for text in texts), *others]
    file.save(path)
    with pytest.raises(DamagedRecordError, match="its record is damaged") as raised:
        read_record(path)
    assert "\n" not in str(raised.value)
    assert len(read_midi(path).notes) == len(SCORE.notes)


def test_a_record_must_be_ascii(tmp_path):
    with pytest.raises(ValueError, match="record holds characters that are not ASCII"):
        write_midi(SCORE, tmp_path / "x.mid", record="caf\xe9")
    assert not (tmp_path / "x.mid").exists()
