"""Knobs: which number of an expression is tuned, and in which range."""

import re

import jax
import pytest
from knobs import arm_of, parted
from strategy_expressions import known_names

from lstm_music_jax import Events, MusicLSTM, Run, Vocabulary


@pytest.fixture(scope="module")
def run():
    vocabulary = Vocabulary.from_pieces([["pitch_60", "shift_1"]])
    model = MusicLSTM(len(vocabulary), (4,), key=jax.random.key(0))
    return Run(model, vocabulary, Events(), {})


def arm(text, run):
    return arm_of(text, run, known_names(), tuned=True)


@pytest.mark.parametrize(
    ("text", "low", "high", "whole"),
    [
        # The bounds of the field, if both are finite.
        ("TopP(0.9)", 0, 1, False),
        ("EtaCutoff(0.5)", 0, 1, False),
        ("PitchRange(low=knob(50, 40, 60), high=72)", 40, 60, True),
        # If not, a sixteenth and sixteen times the value, within the bounds.
        ("Temperature(2)", 0.125, 32, False),
        ("TopK(5)", 1, 80, True),
        ("Bias([0], values=[3.0])", None, None, None),
        ("Chain(DRY(0.8), Forbid([1]))", 0.05, 12.8, False),
        ("Chain()", None, None, None),
    ],
)
def test_the_knob_of_an_expression(run, text, low, high, whole):
    knob = arm(text, run).knob
    if low is None:
        assert knob is None
        return
    assert knob.low == pytest.approx(low, abs=1e-5)
    assert knob.high == pytest.approx(high, abs=1e-5)
    assert knob.whole == whole
    # The ends of the range are allowed.
    for end in (knob.low, knob.high):
        arm(text, run).setting(end)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("TopP( 0.9 )", "TopP(0.5)"),
        ("Chain(Forbid([0]), TopP(0.9))", "Chain(Forbid([0]), TopP(0.5))"),
        ("DRY(knob(0.8, 0, 5), base=1.7)", "DRY(0.5, base=1.7)"),
        (
            "Chain(Forbid(['pitch_60']), TopP(knob(0.9, 0.1, 1)))",
            "Chain(Forbid(['pitch_60']), TopP(0.5))",
        ),
    ],
)
def test_a_value_is_shown_in_the_expression_that_makes_it(run, text, shown):
    found = arm(text, run)
    assert found.expression(0.5) == shown
    assert arm_of(shown, run, known_names()).strategy == found.setting(0.5)
    assert found.setting(None) == found.strategy


@pytest.mark.parametrize(
    ("text", "name", "strategy"),
    [
        ("SMC(8) with TopP( 0.9)", "SMC(8) with TopP(0.5)", "TopP(0.5)"),
        (
            "BeamSearch(4, 0.6)with Chain(Forbid(['pitch_60']), TopK(knob(9,1,9)))",
            "BeamSearch(4, 0.6) with Chain(Forbid(['pitch_60']), TopK(3))",
            "Chain(Forbid([0]), TopK(3))",
        ),
        (
            "SMC(8, target=TopP(0.9))",
            "SMC(8, target=TopP(0.9)) with Chain()",
            "Chain()",
        ),
    ],
)
def test_an_arm_with_a_decoder(run, text, name, strategy):
    found = arm(text, run)
    value = 3 if "TopK" in text else 0.5
    assert found.expression(value) == name
    assert repr(found.setting(value)) == strategy
    assert repr(found.decoder) == parted(name)[0].strip()
    again = arm_of(found.expression(value), run, known_names())
    assert again.decoder == found.decoder
    assert again.strategy == found.setting(value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("TopP(0.9) with SMC(8)", "decoder is 'TopP(0.9)'; it must be a decoder"),
        ("SMC(8) with", "strategy is ''; at character 1, invalid syntax"),
        ("SMC(8) with SMC(8)", "strategy is 'SMC(8)'; it must be a strategy"),
        ("SMC(8 with TopP(0.9)", "'(' was never closed"),
        ("SMC(knob(8, 2, 16))", "at character 5, knob is in the decoder; it must"),
        ("SMC(8, target=TopP(knob(1, 0, 1))) with TopP(1)", "knob is in the decoder"),
        ("SMC(8)", None),
    ],
)
def test_an_arm_with_a_wrong_decoder(run, text, problem):
    if problem is None:
        assert arm_of(text, run, known_names()).knob is None
        return
    with pytest.raises(ValueError, match=re.escape(problem)) as error:
        arm_of(text, run, known_names())
    assert len(str(error.value).splitlines()) == 1


def test_a_number_without_a_range_is_refused(run):
    with pytest.raises(ValueError, match="multiplier is 0, which gives no range"):
        arm("DRY(0)", run)
