"""Output of C++ to standard error: an abort becomes one line, the rest is unchanged."""

import subprocess
import sys

import pytest

PRINT = """
import os, sys
from lstm_music_jax.system.abort_summary import summarise_abort

summarise_abort("the summary")
for text in sys.argv[1:]:
    os.write(2, text.encode())
print("from Python", file=sys.stderr)
os._exit(3)
"""
OTHER = "E1124 22:45:04.4 277 heap_simulator.cc:2203] No place.\n    @ 0x7f0 Heap()\n"
POLLED = (
    "E1124 22:45:04.4 277 coordination_service_agent.cc:289] Polled an error\nmore\n"
)
FATAL = (
    "F1124 22:45:04.4 277 client.h:80] Terminating process because the JAX distributed "
    "service detected fatal errors.\n*** Check failure stack trace: ***\n    @ 0x7f f\n"
)


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ([], ""),
        (["plain\n", OTHER], "plain\n" + OTHER),
        ([OTHER, POLLED, FATAL], OTHER + "the summary\n"),
        ([FATAL], "the summary\n"),
        ([POLLED, "plain\n"], POLLED + "plain\n"),
    ],
)
def test_only_an_abort_is_summarised(printed, shown):
    found = subprocess.run(
        [sys.executable, "-c", PRINT, *printed],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 3
    # Python's own line does not go through the filter, so it may come first or last.
    assert found.stderr.replace("from Python\n", "") == shown
    assert "from Python\n" in found.stderr
