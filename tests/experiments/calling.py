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


def copy_without_vocabulary(run, folder):
    shutil.copytree(run, folder)
    (folder / "vocabulary.json").unlink()
    return folder
