"""Strictness for all tests: shapes and dtypes are checked, nothing is promoted."""

import jax
from jaxtyping import install_import_hook

jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

install_import_hook("lstm_music_jax", "beartype.beartype")
