"""How programs are compiled in the tests: quickly, as most of them run once.

`--optimised` compiles everything as it is compiled for users.
"""

import os
from importlib.metadata import version


def compile_quickly():
    """Turn off what XLA needs most of its time for, here and in processes started."""
    flags = {
        "xla_backend_optimization_level": 0,
        "xla_cpu_parallel_codegen_split_count": 1,
    }
    if tuple(map(int, version("jaxlib").split(".")[:2])) < (0, 11):
        flags["xla_cpu_use_fusion_emitters"] = False  # later ones have no other way
    written = [f"--{name}={str(value).lower()}" for name, value in flags.items()]
    os.environ["XLA_FLAGS"] = " ".join([os.environ.get("XLA_FLAGS", ""), *written])
