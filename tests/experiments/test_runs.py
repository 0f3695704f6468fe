"""The list of runs, and following one that is going on."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
import runs
from rich.console import Console

from lstm_music_jax.system.folder_lock import locked
from lstm_music_jax.training.run_summary import summarize_run
from tests.experiments.calling import call
from tests.test_interrupts import WITH_SIGINT


@pytest.fixture
def folder(run, names_run, tmp_path):
    """Return a folder with two finished runs, and one that is damaged."""
    for name, source in {"a": run, "deep/b": names_run, "c [red]": run}.items():
        shutil.copytree(source, tmp_path / name)
    shutil.rmtree(tmp_path / "c [red]" / "checkpoints")
    return tmp_path


def test_the_list_has_one_line_per_run(folder, capsys):
    assert call(runs, folder) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["run", "state", "step"]
    first, damaged, second, problem = lines
    losses = [
        json.loads(line).get("validation_loss", 99.0)
        for line in (folder / "a" / "metrics.jsonl").open()
    ]
    assert first.split()[:4] == [
        str(folder / "a"),
        "finished",
        "4/4",
        f"{min(losses):.3f}",
    ]
    assert "encoding.kind=events" in first
    assert "encoding.kind=note_names" in second
    assert "learning_rate" not in first + second
    assert damaged.split(str(folder / "c [red]"))[1].strip() == "damaged"
    assert problem.startswith(
        f"damaged: run is {folder / 'c [red]'}, which has metrics"
    )


def test_a_run_is_followed_until_it_ends(folder, capsys, monkeypatch):
    naps = []
    holding = locked(folder / "a")
    holding.__enter__()

    def nap(seconds):
        naps.append(seconds)
        if len(naps) == 2:
            holding.__exit__(None, None, None)

    monkeypatch.setattr(runs.time, "sleep", nap)
    assert call(runs, folder, "--watch", "--every", 0.5) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{folder / 'a'}: going on, step 4/4, train loss ")
    assert first.replace("going on", "finished") == last
    assert naps == [0.5, 0.5]


def test_a_terminal_is_redrawn(folder, monkeypatch):
    holding = locked(folder / "a")
    holding.__enter__()
    summary = summarize_run(folder / "a")
    monkeypatch.setattr(
        runs.time, "sleep", lambda _: holding.__exit__(None, None, None)
    )
    console = Console(file=io.StringIO(), force_terminal=True, width=300)
    runs.watch(summary, 1.0, console)
    shown = console.file.getvalue()
    # The bar has a line of its own.
    begin = f"\n{folder / 'a'}: "
    assert shown.index(f"{begin}going on, ") < shown.index(f"{begin}finished, ")


def test_ctrl_c_ends_it_without_a_traceback(folder):
    with locked(folder / "a"):
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", WITH_SIGINT),
                *(runs.__file__, folder, "--watch", "--every", "60"),
            ],
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "going on" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == errors == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "folder is nowhere; it must be a folder of runs"),
        (["empty"], "folder is empty, which holds no run; name a folder of runs"),
        (
            [".", "--watch"],
            "folder is .; with --watch exactly one run in it must be going on, and no",
        ),
        ([".", "--every", "0"], "every is 0.0; it must be above 0 and finite"),
        ([".", "--every", "nan"], "every is nan; it must be above 0 and finite"),
    ],
)
def test_wrong_arguments(folder, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    assert call(runs, *arguments) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {message}")
