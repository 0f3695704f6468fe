"""replay.py: pieces are drawn again from their files, and other files are refused."""

import json
import shutil

import generate
import jax
import mido
import numpy as np
import piece_records
import pytest
import replay
from piece_records import Maker
from strategy_expressions import known_names

from lstm_music_jax import (
    Arithmetic,
    MusicLSTM,
    Note,
    Performance,
    Run,
    Score,
    Vocabulary,
    compose,
    read_midi,
    read_record,
    redraw,
    start_prompts,
    write_midi,
)
from lstm_music_jax.music.midi.record import texts_of_record
from tests.experiments.calling import ECHO, call, onsets
from tests.report.page.reading import Reader


def write(run, folder, *arguments, name="piece-000.mid"):
    """Write pieces of 20 notes with generate.py, and return the path of one."""
    arguments = ["--notes", 20, "--pictures", 0, *arguments, "--out", folder]
    assert call(generate, "--run", run, *arguments) == 0
    return folder / name


@pytest.fixture(scope="module")
def piece(run, tmp_path_factory):
    """Return piece 5 of 6, drawn with a strategy that has a state."""
    arguments = ["--pieces", 6, "--strategy", "Chain(DRY(0.8), Temperature(0.9))"]
    folder = tmp_path_factory.mktemp("pieces")
    return write(run, folder, *arguments, name="piece-005.mid")


def with_record(path, copy, record, score=None):
    """Write a file with another record, and optionally other notes."""
    write_midi(score or read_midi(path), copy, record=record)
    return copy


def replayed(path, *arguments, capsys):
    """Replay a piece; return the exit status, and the lines after the description."""
    capsys.readouterr()
    status = call(replay, path, *arguments)
    out, error = capsys.readouterr()
    if status == 2:
        assert out == ""
        (line,) = error.splitlines()
        return status, line
    return status, out.splitlines()[1:]


def test_a_piece_of_a_batch_is_drawn_again(run, piece, capsys):
    assert call(replay, piece, "--run", run) == 0
    described, verdict = capsys.readouterr().out.splitlines()
    assert "stream 5 of 6, drawn by Chain(DRY(0.8), Temperature(0.9))" in described
    assert verdict == "every note is the same (20 notes)"


@pytest.mark.slow
def test_a_piece_of_a_decoder(run, tmp_path, capsys):
    decoder = "SMC(5, target=Temperature(0.8))"
    arguments = ["--pieces", 3, "--top-p", 0.9, "--decoder", decoder]
    path = write(run, tmp_path, *arguments, name="piece-002.mid")
    capsys.readouterr()
    instead = ["--instead", "Chain(TopP(0.95))", "--out", tmp_path / "new"]
    assert call(replay, path, "--run", run, *instead) == 0
    described, verdict, *_ = capsys.readouterr().out.splitlines()
    assert f"drawn by {decoder} with Chain(TopP(0.9)) from" in described
    assert verdict == "every note is the same (20 notes)"
    page = Reader((tmp_path / "new" / "piece-002-instead.html").read_text())
    assert [each["facts"]["decoder"] for each in page.data["pieces"]] == [decoder] * 2
    # Without the decoder, it is another piece.
    text = json.loads(read_record(path)) | {"decoder": None}
    other = with_record(path, tmp_path / "other.mid", json.dumps(text))
    assert replayed(other, "--run", run, capsys=capsys)[0] == 1


def test_a_record_of_the_first_format(run, piece, tmp_path, capsys):
    """It is older than decoders."""
    text = json.loads(read_record(piece)) | {"format": 1}
    del text["decoder"]
    path = with_record(piece, tmp_path / "p.mid", json.dumps(text))
    status, lines = replayed(path, "--run", run, capsys=capsys)
    assert (status, lines) == (0, ["every note is the same (20 notes)"])


@pytest.mark.slow
def test_a_piece_with_a_window_and_a_primer(names_run, tmp_path, capsys):
    arguments = ["--context", "window", "--primer", "corpus", "--keep-primer"]
    arguments += ["--primer-length", 15, "--note-length", 0.25, "--tempo", 70]
    arguments += ["--precision", "bfloat16", "--checkpoint", "last", "--until-end"]
    path = write(names_run, tmp_path, *arguments)
    status, lines = replayed(path, "--run", names_run, capsys=capsys)
    assert status == 0
    assert lines[0].startswith("every note is the same (")


@pytest.mark.slow
def test_a_piece_of_performance_events(tmp_path):
    """The whole way of the script, but for the run folder."""
    encoding = Performance()
    vocabulary = Vocabulary.from_pieces([["on_60"]], others=encoding.symbols)
    model = MusicLSTM(len(vocabulary), (8,), key=jax.random.key(0))
    loaded = Run(model, vocabulary, encoding, {})
    prompts, key = start_prompts(loaded, 3), jax.random.key(1)
    pieces = compose(loaded, prompts, key, notes=15, until_end=True, draw=Arithmetic())
    record = Maker(tmp_path, loaded).record(pieces[2])
    write_midi(pieces[2].score, tmp_path / "p.mid", record=record)
    read = piece_records.record_of_file(tmp_path / "p.mid")
    found = replay.origin_of(tmp_path, loaded, read, known_names())
    again = redraw(found.computing, found.origin)
    written = read_midi(tmp_path / "p.mid")
    assert replay.first_difference(written, read, found, again) is None
    assert again.symbols == pieces[2].symbols


def test_the_run_is_found_above_the_file_or_where_the_record_says(
    run, unusual, piece, tmp_path, capsys
):
    """A folder above the file may hold the config.json of another program."""
    moved = tmp_path / "moved"
    shutil.copytree(run, moved)
    (moved / "music").mkdir(exist_ok=True)
    (moved / "music" / "config.json").write_text("{}")
    text = json.loads(read_record(piece)) | {"run": "gone"}
    path = with_record(piece, moved / "music" / "p.mid", json.dumps(text))
    assert call(replay, path) == 0
    assert f"from {moved}" in capsys.readouterr().out
    assert call(replay, piece) == 0
    assert f"from {run}" in capsys.readouterr().out
    path = with_record(piece, tmp_path / "p.mid", json.dumps(text))
    status, line = replayed(path, capsys=capsys)
    assert status == 2
    assert "was made by gone, which is not there now, so give the folder by --" in line
    status, line = replayed(path, "--run", unusual, capsys=capsys)
    assert status == 2
    assert f"run is {unusual}; its best checkpoint is not the one that made" in line


@pytest.mark.slow
def test_another_strategy_with_the_same_noise(run, piece, tmp_path, capsys):
    arguments = ["--run", run, "--out", tmp_path / "new", "--instead"]
    status, lines = replayed(piece, *arguments, "TopK(2)", capsys=capsys)
    assert status == 0
    made, other = (
        tmp_path / "new" / f"piece-005-{word}.mid" for word in ("as-made", "instead")
    )
    assert lines[1:3] == [f"as made: {made}", f"instead: {other}"]
    assert onsets(made) == onsets(piece)
    assert onsets(other) != onsets(piece)
    first = next(
        i
        for i, (a, b) in enumerate(zip(onsets(made), onsets(other), strict=True))
        if a != b
    )
    assert lines[3].startswith(f"note {first + 1} (at quarter ")
    assert "is the first that differs; they part at symbol " in lines[3]
    page = tmp_path / "new" / "piece-005-instead.html"
    assert lines[4] == f"to hear both: {page}"
    _, _, data = page.read_text().partition('id="data">')
    shown = json.loads(data.partition("</script>")[0])["pieces"]
    assert [each["name"] for each in shown] == [made.name, other.name]
    assert [each["marks"][0][0] for each in shown] == [first, first]
    # The new file is a piece of its own.
    status, lines = replayed(other, "--run", run, capsys=capsys)
    assert (status, lines) == (0, ["every note is the same (20 notes)"])
    status, line = replayed(piece, *arguments, "TopK(2)", capsys=capsys)
    assert status == 2
    assert "where piece-005-as-made.mid exists; name another folder" in line


@pytest.mark.slow
def test_a_watermark_instead_is_kept_secret(run, piece, tmp_path, capsys):
    arguments = ["--run", run, "--out", tmp_path / "new", "--instead"]
    status, lines = replayed(piece, *arguments, "Watermark(7919)", capsys=capsys)
    assert status == 0
    assert not any("7919" in line for line in lines)
    for path in (tmp_path / "new").iterdir():
        assert b"7919" not in path.read_bytes()


@pytest.mark.parametrize("text", ["", "TopK(0)", "Nope(2)"])
def test_a_wrong_strategy_instead_is_refused(run, piece, tmp_path, capsys, text):
    folder = tmp_path / "new"
    arguments = ["--run", run, "--out", folder, "--instead", text]
    status, line = replayed(piece, *arguments, capsys=capsys)
    assert status == 2
    assert line.startswith("error: --instead: strategy is ")
    assert not folder.exists()


def test_a_symbol_that_differs_is_named_with_its_margin(run, piece, tmp_path, capsys):
    """The record claims another symbol than the one that the noise chooses."""
    saved = json.loads(read_record(piece))
    names, after = saved["names"], saved["after"]
    place = next(i for i in range(8, 40) if names[after[i]].startswith("pitch_"))
    other = next(
        i
        for i, name in enumerate(names)
        if name.startswith("pitch_") and i not in after[place - 3 : place + 3]
    )
    was = names[after[place]]
    after[place] = other
    path = with_record(piece, tmp_path / "p.mid", json.dumps(saved))
    status, lines = replayed(path, "--run", run, capsys=capsys)
    # The notes of the file are still those that are drawn.
    assert status == 0
    assert lines[0].startswith(
        f"every note is the same (20 notes), but symbol {place + 1} was "
        f"{names[other]}, and is {was} now; it leads by "
    )
    margin = float(lines[0].split("it leads by ")[1].removesuffix(" nats"))
    assert margin > 1e-3
    score = Score.from_notes(
        [*read_midi(piece).notes[:-1], Note(0, 1, 480)],
        ticks_per_quarter=read_midi(piece).ticks_per_quarter,
    )
    path = with_record(piece, tmp_path / "p.mid", json.dumps(saved), score)
    status, lines = replayed(path, "--run", run, capsys=capsys)
    assert status == 1
    assert lines[0].startswith("note 1 (at quarter 0) differs first: symbol ")


def test_notes_that_were_changed_in_the_file_are_named(run, piece, tmp_path, capsys):
    score = read_midi(piece)
    notes = [*score.notes[:7], score.notes[7]._replace(pitch=1), *score.notes[8:]]
    edited = Score.from_notes(notes, ticks_per_quarter=score.ticks_per_quarter)
    path = with_record(piece, tmp_path / "p.mid", read_record(piece), edited)
    status, lines = replayed(path, "--run", run, capsys=capsys)
    assert status == 1
    assert "differs, but no symbol; so the notes of the file were changed" in lines[0]


@pytest.mark.slow
def test_a_plugin_must_be_given_again(run, tmp_path, capsys):
    path = write(run, tmp_path, "--strategy", "Echo(0.8)", "--plugin", ECHO)
    status, line = replayed(path, "--run", run, capsys=capsys)
    assert status == 2
    assert "Echo is not a known name" in line
    assert line.endswith("; --plugin names files of strategies")
    arguments = ["--run", run, "--plugin", ECHO]
    assert replayed(path, *arguments, capsys=capsys)[0] == 0


@pytest.mark.slow
def test_the_folder_of_a_second_model_is_recorded(run, tmp_path, capsys):
    strategy = f"Chain(Contrastive(run='{run}', alpha=0.1), TopP(0.9))"
    path = write(run, tmp_path, "--strategy", strategy)
    record = piece_records.record_of_file(path)
    assert record.strategy == strategy
    assert record.models == (record.fingerprint,)
    assert replayed(path, "--run", run, capsys=capsys)[0] == 0


def test_a_watermark_is_kept_secret(names_run, tmp_path, capsys):
    path = write(names_run, tmp_path, "--watermark", 7919)
    assert b"7919" not in path.read_bytes()
    status, line = replayed(path, "--run", names_run, capsys=capsys)
    assert status == 2
    assert "carries no record of what made it" in line


def test_files_without_a_record_are_refused(midi, tmp_path, capsys):
    by_others = tmp_path / "others.mid"
    text = mido.MetaMessage("text", text="made by hand")
    mido.MidiFile(tracks=[mido.MidiTrack([text])]).save(by_others)
    for path, problem in (
        (by_others, "carries no record of what made it; it must be a file of generate"),
        (midi / "deep" / "0.mid", "carries no record of what made it"),
        (midi / "noise.mid", "not a MIDI file"),
        (tmp_path / "none.mid", "it must be a MIDI file that exists"),
    ):
        status, line = replayed(path, capsys=capsys)
        assert status == 2
        assert line.startswith(f"error: piece is {path}")
        assert problem in line


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"format": 3}, "format is 3; it must be 2"),
        ({"strategy": "__import__('os')"}, "__import__ is not a known name"),
        ({"strategy": "TopP(2)"}, "p of TopP is 2; it must be in (0, 1]"),
        ({"strategy": 3}, "record.strategy is 3; it must be a string"),
        ({"decoder": "TopP(0.9)"}, "it must be a decoder, like SMC(64)"),
        ({"decoder": "SMC(1000000000)"}, "members is 1000000000; it may be at most"),
        ({"context": "Gumbel()"}, "Gumbel is not a known name"),
        ({"context": "3"}, "context is '3'; it must be a context"),
        ({"context": "SlidingWindow(10000000000)"}, "window is 10000000000; it may be"),
        ({"draw": "Gumbel("}, "draw is 'Gumbel('; at character"),
        ({"encoding": {"kind": []}}, "kind of encoding is []; it must be one of"),
        ({"encoding": {"kind": "note_names"}}, "it must be that of the run"),
        ({"key": [1]}, "key is [1] of threefry2x32; it must be a key's data"),
        ({"stream": 9}, "stream is 9; it must be from 0 to 5"),
        ({"stream": True}, "record.stream is True; it must be an integer"),
        ({"streams": 2**31}, "streams is 2147483648; it must be at most 2147483647"),
        ({"notes": 0}, "notes is 0; it must be 1 to 100000"),
        ({"notes": 10**6}, "notes is 1000000; it must be 1 to 100000"),
        ({"notes": None, "length": 0}, "length is 0; it must be 1 to "),
        ({"notes": None, "length": 10**6}, "length is 1000000; it must be 1 to "),
        ({"length": 3}, "notes is 20 and length is 3; one of them must be null"),
        ({"models": ["a" * 64]}, "a model that it names is not the one of the time"),
        ({"before": []}, "before is empty"),
        ({"after": [9999]}, "symbol is 9999; it must be 0 to "),
        ({"names": ["\x1b[0m"] * 200}, "not in the vocabulary"),
        ({"names": 200 * ["\n"]}, "not in the vocabulary"),
        ({"more": 1}, "record.more is unknown"),
        ({"program": 128}, "program is 128"),
        ({"cores": 0}, "cores is 0"),
    ],
)
def test_a_record_that_was_tampered_with(
    run, piece, tmp_path, capsys, changes, problem
):
    text = json.dumps(json.loads(read_record(piece)) | changes)
    path = with_record(piece, tmp_path / "p.mid", text)
    status, line = replayed(path, "--run", run, capsys=capsys)
    assert status == 2
    assert line.isprintable()
    assert problem in line
    assert len(line) < 600


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "3", "[" * 10_000, "9" * 5000])
def test_a_record_that_is_no_json_object(piece, tmp_path, capsys, text):
    path = with_record(piece, tmp_path / "p.mid", text)
    status, line = replayed(path, capsys=capsys)
    assert status == 2
    assert line.startswith(f"error: piece is {path}, whose record cannot be read: ")


def test_the_versions_that_have_changed_are_named(run, piece, tmp_path, capsys):
    saved = json.loads(read_record(piece))
    saved["versions"] = {"jax": "0.0.1\n", "numpy": np.__version__, "else": [3]}
    path = with_record(piece, tmp_path / "p.mid", json.dumps(saved))
    capsys.readouterr()
    assert call(replay, path, "--run", run) == 0
    _, changed, verdict = capsys.readouterr().out.splitlines()
    assert changed.startswith(r"jax was 0.0.1\n then, and is ")
    assert verdict.startswith("every note is the same")


def test_the_record_names_what_the_user_gave(run, piece):
    record = piece_records.record_of_file(piece)
    assert record.run == str(run)
    assert record.prompt == ["<start>"]
    assert record.streams == 6
    texts = texts_of_record(read_record(piece))
    assert max(map(len, texts)) <= 127


def test_out_needs_another_strategy(piece, capsys):
    status, line = replayed(piece, "--out", "new", capsys=capsys)
    assert (status, line) == (2, "error: out is new; it needs --instead")
