"""Runs that are killed, stopped or out of disk space resume to the same bits."""

import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lstm_music_jax.training.checkpoints import saved_steps
from lstm_music_jax.training.run_folder import RunFolder, load_run
from lstm_music_jax.training.signals import stop_on_signals
from tests.training.test_loop import lines_of, require_same
from tests.training.tiny_run import STEPS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def launch(tmp_path_factory):
    """Return a function that starts a tiny run in a process of its own.

    All processes share their compiled programs.
    """
    environment = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.mktemp("compiled")),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }

    def start(folder, seconds=0.0, *limit):
        command = ["-m", "tests.training.tiny_run", folder, seconds, *limit]
        return subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="module")
def whole(launch, tmp_path_factory):
    """Return the folder of a run that nothing interrupts."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    out, error = (process := launch(folder)).communicate()
    assert process.returncode == 0, error
    assert "saving blocked training for" in out
    return folder


def wait_for_training(process, folder, lines=1):
    """Wait until the process has added lines to the metrics, or has ended."""
    metrics = folder / "metrics.jsonl"
    begin = metrics.stat().st_mtime_ns if metrics.exists() else 0
    while process.poll() is None:
        if metrics.exists() and metrics.stat().st_mtime_ns != begin:
            content = metrics.read_text()
            if content.count("train_loss") >= lines:
                return
        time.sleep(0.005)


def kill_often(launch, folder, kills, moments):
    """Kill and resume a run until it has been killed `kills` times; then let it end.

    Returns how many kills came in the middle of a save, and how many are left if the
    run ended too early.
    """
    unfinished = 0
    while kills:
        process = launch(folder)
        if moments.random() < 0.8:
            wait_for_training(process, folder)
            time.sleep(moments.uniform(0, 0.6))
        else:
            time.sleep(moments.uniform(0, 4))
        ended = process.poll() is not None
        process.kill()
        _, error = process.communicate()
        if ended:
            assert process.returncode == 0, error
            return unfinished, kills
        kills -= 1
        unfinished += any(folder.rglob("*.orbax-checkpoint-tmp*"))
        if saved_steps(RunFolder(folder).checkpoints("best")):
            load_run(folder)
    process = launch(folder)
    _, error = process.communicate()
    assert process.returncode == 0, error
    assert "damaged" not in error
    return unfinished, 0


def test_killed_at_random_moments_ends_at_the_same_bits(launch, whole, tmp_path):
    kill_often(launch, tmp_path / "run", 3, random.Random(1))
    require_same(tmp_path / "run", whole)


@pytest.mark.very_slow
def test_killed_a_hundred_times_ends_at_the_same_bits(launch, whole, tmp_path):
    moments, kills, unfinished, runs = random.Random(2), 100, 0, 0
    while kills:
        runs += 1
        folder = tmp_path / f"run {runs}"
        seen, left = kill_often(launch, folder, min(kills, 6), moments)
        unfinished += seen
        kills -= min(kills, 6) - left
        require_same(folder, whole)
    # The test means little unless some kills come in the middle of a save.
    assert unfinished > 3


def test_sigint_stops_the_script_which_says_how_to_go_on(tmp_path):
    lines = ["C4\nD4\nE4\nG4\n" * 20, "F4\nA4\nF4\nC4\n" * 20] * 4
    (tmp_path / "data.txt").write_text("\n".join(lines))
    sizes = "--sizes 8 --batch-size 4 --window 8 --steps 3000 --evaluate-every 1000"
    command = f"experiments/train.py --run {tmp_path}/my\\ run {sizes}"
    environment = os.environ | {
        "LSTM_MUSIC_CACHE": str(tmp_path / "cache"),
        "PYTHONPATH": str(ROOT),
    }
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(
        [sys.executable, *shlex.split(command), "--symbols", tmp_path / "data.txt"],
        cwd=ROOT,
        env=environment,
        **pipes,
    )
    wait_for_training(process, tmp_path / "my run")
    process.send_signal(signal.SIGINT)
    out, error = process.communicate()
    assert process.returncode == 0, error
    _, _, command = out.rpartition("resume with: python ")
    assert command.startswith("experiments/train.py --run '"), out
    again = subprocess.run(
        [sys.executable, *shlex.split(command)], cwd=ROOT, env=environment, **pipes
    )
    assert again.returncode == 0, again.stderr
    steps = [line["step"] for line in lines_of(tmp_path / "my run") if "step" in line]
    assert steps == sorted(steps)
    assert steps[-1] == 3000


def test_sigterm_then_a_full_disk_then_the_same_bits(launch, whole, tmp_path):
    folder = tmp_path / "run"
    process = launch(folder, 0.1)
    wait_for_training(process, folder, lines=2)
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate()
    assert process.returncode == 0, error
    assert "a second signal exits immediately" in error
    step = saved_steps(RunFolder(folder).checkpoints("last"))[-1]
    assert 0 < step < STEPS
    assert f"stopped at step {step} of {STEPS} and saved" in out
    assert lines_of(folder)[-1]["step"] == step
    # The limit suffices for the settings and the metrics, but not for the arrays.
    process = launch(folder, 0.0, 8_000)
    out, error = process.communicate()
    assert process.returncode == 2, error
    (line,) = [line for line in out.splitlines() if line.startswith("error: ")]
    assert "File too large; the checkpoints saved before are kept" in line
    assert saved_steps(RunFolder(folder).checkpoints("last"))[-1] == step
    process = launch(folder)
    _, error = process.communicate()
    assert process.returncode == 0, error
    require_same(folder, whole)


def test_two_processes_never_train_in_one_folder(launch, whole, tmp_path):
    folder = tmp_path / "run"
    first = launch(folder, 0.1)
    wait_for_training(first, folder, lines=6)
    out, error = launch(folder).communicate()
    name = f"process {first.pid} on {socket.gethostname()} is training in it"
    assert f"error: run is {folder}; {name}, so wait" in out, error
    assert first.poll() is None
    first.kill()
    first.communicate()
    process = launch(folder)
    _, error = process.communicate()
    assert process.returncode == 0, error
    require_same(folder, whole)


def test_a_second_signal_exits_at_once(launch, tmp_path):
    process = launch(tmp_path / "run", 5.0)
    while not (tmp_path / "run" / "metrics.jsonl").exists():
        time.sleep(0.01)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert any("second signal" in line for line in process.stderr)
    began = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    process.wait()
    assert process.returncode == 128 + signal.SIGTERM
    assert time.perf_counter() - began < 2
    process.communicate()


def test_handlers_are_restored():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    came = threading.Event()
    with stop_on_signals(came.set) as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGTERM)
        assert came.wait(5)
        assert stop()
    after = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert before == after


def test_other_threads_leave_signals_alone():
    found = []

    def enter():
        with stop_on_signals(lambda: None) as stop:
            found.append((stop(), signal.getsignal(signal.SIGINT)))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert found == [(False, before)]
