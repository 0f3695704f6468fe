"""Settings of all tests: shapes and dtypes are checked, and dtypes are not promoted."""

import gc
import os
import tempfile
from pathlib import Path

import jax
import jaxtyping
import pytest
from hypothesis import settings

from tests import compilation, strict

# The tests use a cache of their own, so that they leave the user's cache alone.
if "PYTEST_XDIST_WORKER" not in os.environ:  # workers inherit the cache
    os.environ["LSTM_MUSIC_CACHE"] = tempfile.mkdtemp(prefix="lstm-music-jax-tests-")

# NumPy's products would use all cores in every worker, and wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Programs that several tests compile are compiled once per session. The processes that
# tests start do not share them: one that is killed may leave half a program behind.
compiled = Path(os.environ["LSTM_MUSIC_CACHE"]) / "compiled by pytest"
jax.config.update("jax_compilation_cache_dir", str(compiled))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)

jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

# Hypothesis sets no deadline, because the first example may compile a program.
settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")

jaxtyping.install_import_hook("lstm_music_jax", f"{strict.__name__}.typechecked")


def pytest_addoption(parser):
    parser.addoption(
        "--optimised",
        action="store_true",
        help="compile programs as users do; takes twice the time",
    )


def pytest_configure(config):
    if not config.getoption("optimised"):
        compilation.compile_quickly()


# Compiled programs are dropped when the process has more memory maps than this. A
# program takes a few memory maps, and Linux allows a process 65,530.
MEMORY_MAPS = 30_000


@pytest.fixture(autouse=True, scope="module")
def _keep_garbage_collection_quick():
    """Drop compiled programs when there are many; let Python forget all that is left.

    The garbage collector looks through all objects again and again. After some modules
    the compiled programs are millions of objects, and this took most of the time.
    """
    yield
    maps = Path("/proc/self/maps")
    if maps.exists() and maps.read_bytes().count(b"\n") > MEMORY_MAPS:
        gc.unfreeze()
        jax.clear_caches()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def unchecked_types():
    """Do not check types in a module that simulates one call thousands of times.

    The checks would take most of the time. The tests of a single call make them.
    """
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
