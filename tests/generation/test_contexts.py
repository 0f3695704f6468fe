"""Contexts: their logits equal those of a model that reads the remembered symbols."""

import re

import jax
import numpy as np
import pytest

from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.model.music_lstm import MusicLSTM
from tests.references import numpy_logits

SEQUENCE = jax.random.randint(jax.random.key(3), (20,), 0, 13)


@pytest.fixture(scope="module")
def model():
    return MusicLSTM(13, (12, 8), key=jax.random.key(0))


@jax.jit
def logits_along(model, context, prompt, rest):
    """Return the logits after each symbol of `rest`."""
    memory = context.prefill(model, prompt)
    return jax.lax.scan(
        lambda memory, token: context.step(model, memory, token), memory, rest
    )[1]


@pytest.mark.parametrize("prompt", [0, 1, 7])
def test_carried_equals_one_pass(model, prompt):
    found = logits_along(model, Carried(), SEQUENCE[:prompt], SEQUENCE[prompt:])
    whole = numpy_logits(model, SEQUENCE)[prompt:]
    np.testing.assert_allclose(found, whole, atol=1e-5)


@pytest.mark.parametrize("window", [1, 2, 5, 20, 30])
@pytest.mark.parametrize("prompt", [0, 1, 3, 4, 5, 18])
def test_window_equals_running_the_model_over_each_window(model, window, prompt):
    context = SlidingWindow(window)
    found = logits_along(model, context, SEQUENCE[:prompt], SEQUENCE[prompt:])
    for logits, end in zip(found, range(prompt + 1, 21), strict=True):
        again = numpy_logits(model, SEQUENCE[max(0, end - window) : end])[-1]
        np.testing.assert_allclose(logits, again, atol=1e-5)


def test_only_the_oldest_state_of_a_window_is_read_out(model):
    """All 5 states are multiplied with the kernels, but only one with the head."""
    context = SlidingWindow(5)
    memory = context.prefill(model, SEQUENCE[:7])
    step = jax.jit(context.step).lower(model, memory, SEQUENCE[7])
    shapes = re.findall(r"dot_general.*-> tensor<(\S+)xf32>", step.as_text())
    assert sorted(shapes) == ["13", "5x32", "5x32", "5x48"]


def test_windows_of_several_lengths_differ(model):
    found = [
        logits_along(model, SlidingWindow(w), SEQUENCE[:10], SEQUENCE[10:])[-1]
        for w in (2, 3, 20)
    ]
    assert not np.allclose(found[0], found[1], atol=1e-4)
    assert not np.allclose(found[1], found[2], atol=1e-4)


def test_a_window_below_one_is_an_error():
    with pytest.raises(
        ValueError, match="window is 0; it must be a whole number, 1 or more"
    ):
        SlidingWindow(0)


def test_contexts_are_static():
    assert jax.tree.leaves((Carried(), SlidingWindow(3))) == []
