"""Makes XLA compile the tests' programs quickly; most of them run only once.

With `--optimised` the tests compile programs as users do.
"""

import os
from importlib.metadata import version


def compile_quickly():
    """Turn off XLA's slowest passes, in this process and in those that it starts."""
    flags = {
        "xla_backend_optimization_level": 0,
        "xla_cpu_parallel_codegen_split_count": 1,
    }
    if tuple(map(int, version("jaxlib").split(".")[:2])) < (0, 11):
        flags["xla_cpu_use_fusion_emitters"] = False  # later jaxlib: always on
    written = [f"--{name}={str(value).lower()}" for name, value in flags.items()]
    os.environ["XLA_FLAGS"] = " ".join([os.environ.get("XLA_FLAGS", ""), *written])
