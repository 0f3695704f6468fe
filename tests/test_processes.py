"""Two processes with two devices each, on one machine, equal a single device."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lstm_music_jax import processes
from lstm_music_jax.system.folder_lock import locked
from lstm_music_jax.training.checkpoints import saved_steps
from lstm_music_jax.training.run_folder import RunFolder
from tests.training.test_interruption import wait_for_training

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SETTINGS = {
    "--steps": 24,
    "--sizes": "16",
    "--batch-size": 8,
    "--window": 12,
    "--steps-per-dispatch": 4,
    "--evaluate-every": 8,
    "--learning-rate": 0.01,
}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Return a function that starts `count` processes with `devices` devices each.

    All processes share their compiled programs.
    """
    environment = os.environ | {
        "LSTM_MUSIC_CACHE": str(tmp_path_factory.mktemp("cache")),
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.mktemp("compiled")),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PLATFORMS": "cpu",
    }

    def start(script, arguments, count, devices):
        with socket.create_server(("127.0.0.1", 0)) as free:
            coordinator = f"127.0.0.1:{free.getsockname()[1]}"
        joined = ["--coordinator", coordinator, "--num-processes", count]
        return [
            subprocess.Popen(
                [
                    *(sys.executable, f"experiments/{script}", *map(str, arguments)),
                    *(map(str, [*joined, "--process-id", i]) if count > 1 else ()),
                ],
                cwd=ROOT,
                env=environment
                | {
                    "JAX_NUM_CPU_DEVICES": str(devices),
                    "JAX_COORDINATOR_BIND_ADDRESS": coordinator,
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for i in range(count)
        ]

    return start


@pytest.fixture(scope="module")
def launch(start, tmp_path_factory):
    """Return a function that starts `train.py` with small settings, or to resume."""
    music = tmp_path_factory.mktemp("music") / "data.txt"
    rng = np.random.default_rng(0)
    pieces = [rng.choice(["C4", "D4", "E4", "G4"], 60) for _ in range(20)]
    music.write_text("\n\n".join("\n".join(piece) for piece in pieces))

    def launch(folder, count, devices, *resumed, **changed):
        arguments = ["--run", folder, *resumed]
        if not resumed:
            settings = SETTINGS | {f"--{name}": new for name, new in changed.items()}
            arguments += ["--symbols", music, *itertools.chain(*settings.items())]
        return start("train.py", arguments, count, devices)

    return launch


def finish(started):
    found = [process.communicate(timeout=120) for process in started]
    for process, (_, error) in zip(started, found, strict=True):
        assert process.returncode == 0, error
    return [out for out, _ in found]


def losses(folder):
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").open()]
    return {
        (line["step"], name): line[name]
        for line, name in itertools.product(lines, ("train_loss", "validation_loss"))
        if name in line
    }


def require_same_losses(folder, other):
    found, wanted = losses(folder), losses(other)
    assert found.keys() == wanted.keys()
    assert len(wanted) == 9
    for point, loss in wanted.items():
        assert found[point] == pytest.approx(loss, rel=1e-4), point


@pytest.fixture(scope="module")
def alone(launch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "alone"
    finish(launch(folder, 1, 1))
    return folder


def test_two_processes_train_like_one_device_and_one_resumes(launch, alone, tmp_path):
    folder = tmp_path / "run"
    first, second = finish(launch(folder, 2, 2, steps=16))
    assert "best loss" in first
    assert "loss" not in second
    finish(launch(folder, 1, 2, "--resume", "--steps", 24))
    require_same_losses(folder, alone)


def test_two_processes_draw_the_same_as_one_device(start, alone, tmp_path):
    drawn = {}
    for count, devices in ((1, 1), (2, 2)):
        out = tmp_path / f"{count}x{devices}"
        arguments = ["--run", alone, "--notes", 40, "--pieces", 5, "--out", out]
        first, *others = finish(start("generate.py", arguments, count, devices))
        assert first.count("40 notes sound") == 5
        assert not any("sound" in other for other in others)
        drawn[count] = [path.read_bytes() for path in sorted(out.glob("*.mid"))]
    assert len(drawn[1]) == 5
    assert drawn[1] == drawn[2]


def test_a_signal_to_one_stops_all(launch, tmp_path):
    folder = tmp_path / "run"
    started = launch(folder, 2, 2, steps=100_000)
    wait_for_training(started[0], folder)
    started[1].send_signal(signal.SIGTERM)
    first, second = finish(started)
    assert f"saved in {folder}" in first
    assert "saved" not in second
    first_step, step = saved_steps(RunFolder(folder).checkpoints("last"))
    assert first_step == 0
    assert f"stopped at step {step} of 100000" in first


def test_several_processes_are_refused_where_another_run_trains(launch, tmp_path):
    with locked(tmp_path / "run"):
        started = launch(tmp_path / "run", 2, 1)
        (_, first), (_, second) = (one.communicate(timeout=120) for one in started)
    assert [process.returncode for process in started] == [2, 2]
    assert f"; process {os.getpid()} on {socket.gethostname()} is training" in first
    assert "error: process 0 cannot continue, so this process ends" in second
    assert [error.count("\n") for error in (first, second)] == [1, 1]


@pytest.mark.parametrize("killed", [0, 1])
def test_if_one_is_killed_the_other_ends_and_says_how_to_go_on(
    launch, tmp_path, killed
):
    started = launch(tmp_path / "run", 2, 1, steps=100_000)
    wait_for_training(started[0], tmp_path / "run")
    started[killed].kill()
    began = time.perf_counter()
    _, error = started[1 - killed].communicate(timeout=120)
    # JAX alone takes 80 to 100 seconds, or prints a stack of 20 lines.
    assert time.perf_counter() - began < 20
    assert started[1 - killed].returncode != 0
    # There are two lines if Python and C++ find it out at the same time.
    lines = error.splitlines()
    assert 1 <= len(lines) <= 2
    assert all(line.startswith("error: ") and "resume" in line for line in lines)
    started[killed].communicate()


def test_a_missing_launcher_is_one_line(launch, tmp_path):
    (process,) = launch(tmp_path / "run", 1, 1, "--cluster")
    _, error = process.communicate(timeout=120)
    assert process.returncode == 2
    assert error.startswith("error: no launcher of several processes was found")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("localhost:1", None, 2), "process_id not given"),
        ((None, 0, None), "coordinator and num_processes not given"),
        (("localhost:1", 2, 2), "process_id is 2; it must be from 0"),
        (("localhost", 0, 2), "coordinator is localhost; it must be HOST:PORT"),
        (("localhost:70000", 0, 2), "coordinator is localhost:70000; it must be"),
    ],
)
def test_arguments_that_do_not_fit_together_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        processes.join(*arguments)
