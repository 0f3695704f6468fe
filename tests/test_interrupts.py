"""Ctrl-C at any time ends a script with exit status 130 and no traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = [
    path.name
    for path in sorted((ROOT / "experiments").glob("*.py"))
    if '__name__ == "__main__"' in path.read_text()
]


# A shell may have started the tests with the signal ignored.
WITH_SIGINT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def start(script, *arguments, options=()):
    path = f"experiments/{script}"
    return subprocess.Popen(
        [sys.executable, "-c", WITH_SIGINT, *options, path, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupt(process):
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "Traceback" not in error


def test_all_scripts_are_found():
    assert len(SCRIPTS) >= 7


def interrupt_after_import(script, module):
    # Python writes a line for each module that it has imported.
    process = start(script, "--help", options=["-X", "importtime"])
    for line in process.stderr:
        if line.split()[-1] == module:
            break
    interrupt(process)


@pytest.mark.parametrize("script", SCRIPTS)
def test_while_modules_are_imported(script):
    interrupt_after_import(script, "numpy")


@pytest.mark.parametrize("module", ["dataclasses", "jax._src.lib", "jax", "tyro"])
def test_at_several_moments(module):
    interrupt_after_import("train.py", module)


def test_while_a_corpus_is_loaded(tmp_path):
    (tmp_path / "data.txt").write_text("C4\nD4\nE4\n" * 100)
    arguments = ["--run", tmp_path / "run", "--symbols", tmp_path / "data.txt"]
    process = start("train.py", *arguments, options=["-u"])
    assert "symbols" in process.stdout.readline()
    interrupt(process)
