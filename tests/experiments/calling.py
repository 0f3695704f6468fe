"""Calling the scripts in this process, and reading what they wrote."""

import command_line

import shutil
import sys
from pathlib import Path

import generate
import mido

TINY = ["--steps", 4, "--sizes", 12, 8, "--batch-size", 4, "--window", 10]
TINY += ["--evaluate-every", 2]


ECHO = Path(generate.__file__).with_name("plugins") / "echo.py"


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


def events(path):
    """Return (tick, pitch, whether it begins) of each note event that mido reads."""
    found = []
    for track in mido.MidiFile(path).tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type in ("note_on", "note_off"):
                begins = message.type == "note_on" and message.velocity > 0
                found.append((tick, message.note, begins))
    return found


def onsets(path):
    """Return (tick, pitch) of each note-on that mido reads, in the file's ticks."""
    return sorted((tick, pitch) for tick, pitch, begins in events(path) if begins)


def copy_without_vocabulary(run, folder):
    shutil.copytree(run, folder)
    (folder / "vocabulary.json").unlink()
    return folder
