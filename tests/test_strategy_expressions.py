"""The names that scripts know in expressions, and plugins."""

from pathlib import Path

import pytest
import strategy_expressions
from strategy_expressions import known_names

import lstm_music_jax
from lstm_music_jax import Decoder, read_decoder, read_strategy, strategies
from lstm_music_jax.testing import check_strategy
from lstm_music_jax.testing.examples import EXAMPLES

ECHO = Path(strategy_expressions.__file__).with_name("plugins") / "echo.py"
CLASS = """
from __future__ import annotations
from typing import ClassVar
from lstm_music_jax.strategies import Strategy, TopP
class Mine(Strategy):
    kept: ClassVar[int] = 1
    def apply(self, logits, state, key):
        return logits, state
"""


def test_all_strategies_and_scales_are_known():
    known = known_names()
    assert {example.name for example in EXAMPLES} <= known.keys()
    assert {"MAJOR", "Events", "NoteNames", "Performance", "Carried"} <= known.keys()
    assert {"bars", "ended", "contains", "matching", "Repeat"} <= known.keys()
    decoders = {
        name
        for name in lstm_music_jax.__all__
        if isinstance(value := getattr(lstm_music_jax, name), type)
        and issubclass(value, Decoder)
    }
    assert {"SMC", "BeamSearch"} <= decoders - {"Decoder"} <= known.keys()
    assert "Strategy" not in known
    assert "Decoder" not in known
    assert "base" not in known


def test_the_plugin_of_the_readme_is_a_lawful_strategy():
    echo = read_strategy("Chain(Echo(0.8), TopP(0.95))", known_names([ECHO])).stages[0]
    assert repr(echo) == "Echo(0.8)"
    check_strategy(echo, vocab_size=12)


@pytest.mark.parametrize(
    "text",
    [
        "SMC(256)",
        "BeamSearch(64, 0.6)",
        "SMC(64, target=Chain(Temperature(0.8), TopP(0.9)))",
    ],
)
def test_a_decoder_is_read_from_its_repr(text):
    decoder = read_decoder(text, known_names())
    assert repr(decoder) == text
    assert read_decoder(repr(decoder), known_names()) == decoder


WRONG_DECODERS = {
    "SMCC(8)": "at character 1, SMCC is not a known name; did you mean SMC",
    "TopP(0.9)": "it must be a decoder, like SMC(64)",
    "SMC(0)": "members of SMC is 0; it must be",
    "SMC(8, target=TopP(2))": "at character 15, p of TopP is 2",
    "SMC(8, target=3)": "target of SMC is 3; it must be a strategy",
    "BeamSearch": "BeamSearch stands without arguments",
}


@pytest.mark.parametrize("text", WRONG_DECODERS)
def test_an_error_in_a_decoder_is_one_line(text):
    with pytest.raises(ValueError, match=r"^decoder is ") as error:
        read_decoder(text, known_names())
    assert WRONG_DECODERS[text] in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_plugin_may_define_a_decoder():
    known = known_names([ECHO, ECHO.with_name("tournament.py")])
    decoder = read_decoder("Tournament(8)", known)
    assert (type(decoder).__name__, decoder.members) == ("Tournament", 8)


def test_only_the_plugin_s_own_classes_are_added(tmp_path):
    path = tmp_path / "numpy.py"
    path.write_text(CLASS)
    known = known_names([path])
    assert known.keys() - known_names().keys() == {"Mine"}
    assert known["TopP"] is strategies.TopP


PLUGINS = {
    "x = 1\n\nx.y\n": "x.py, line 3; AttributeError: 'int' object has no attribute 'y'",
    "import json\njson.loads('{')": "x.py, line 2; JSONDecodeError: ",
    "x = 1\nif x\n": "x.py, line 2; SyntaxError: ",
    "import nowhere_to_be_found": "x.py, line 1; ModuleNotFoundError: No module named",
    "import sys\nsys.exit()": "x.py, line 2; SystemExit: ",
    "x = 1": "x.py; it must define a class that inherits from Strategy or D",
    CLASS.replace("Mine", "TopK"): "x.py; TopK is known already, so its class must",
    CLASS.replace("Mine", "model"): "x.py; model is known already",
    CLASS.replace("Mine", "sweep"): "x.py; sweep is known already",
}


@pytest.mark.parametrize("content", PLUGINS)
def test_an_error_in_a_plugin_is_one_line(content, tmp_path):
    path = tmp_path / "x.py"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"^plugin is ") as error:
        known_names([path], sweep=len)
    assert PLUGINS[content] in str(error.value)


def test_a_plugin_is_a_python_file(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere.py", Path(__file__).with_suffix(".txt")):
        with pytest.raises(ValueError, match="it must be a Python file that exists"):
            known_names([path])


def test_two_plugins_may_not_share_a_name():
    with pytest.raises(ValueError, match="Echo is known already"):
        known_names([ECHO, ECHO])
