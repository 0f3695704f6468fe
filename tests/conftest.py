"""Strictness for all tests: shapes and dtypes are checked, nothing is promoted."""

import os
import tempfile

import jax
from jaxtyping import install_import_hook

from tests import strict

# No test reads or leaves anything in the user's cache.
os.environ["LSTM_MUSIC_CACHE"] = tempfile.mkdtemp(prefix="lstm-music-jax-tests-")

jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

install_import_hook("lstm_music_jax", f"{strict.__name__}.typechecked")
