"""Strictness for all tests: shapes and dtypes are checked, nothing is promoted."""

import os
import tempfile
from pathlib import Path

import jax
import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

from tests import compilation, strict

# No test reads or leaves anything in the user's cache.
if "PYTEST_XDIST_WORKER" not in os.environ:  # workers share that of their starter
    os.environ["LSTM_MUSIC_CACHE"] = tempfile.mkdtemp(prefix="lstm-music-jax-tests-")

jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

# An example may be the one that compiles.
settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")

install_import_hook("lstm_music_jax", f"{strict.__name__}.typechecked")


def pytest_addoption(parser):
    parser.addoption(
        "--optimised",
        action="store_true",
        help="compile programs as for users: takes twice the time",
    )


def pytest_configure(config):
    if not config.getoption("optimised"):
        compilation.compile_quickly()


# Linux lets a process have 65,530 memory maps. Each compiled program takes a few.
MEMORY_MAPS = 30_000


@pytest.fixture(autouse=True, scope="module")
def _forget_programs_before_they_are_too_many():
    yield
    maps = Path("/proc/self/maps")
    if maps.exists() and maps.read_bytes().count(b"\n") > MEMORY_MAPS:
        jax.clear_caches()
