"""The examples in the docstrings of `music` give what they print."""

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize(
    "module",
    ["encodings.events", "encodings.note_names", "repetition", "vocabulary"],
)
def test_examples_run(module):
    found = doctest.testmod(import_module(f"lstm_music_jax.music.{module}"))
    assert found.attempted > 0
    assert found.failed == 0
