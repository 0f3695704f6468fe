"""The README's examples with `>>>` run, and its table holds every strategy."""

import ast
import doctest
import inspect
import re
from pathlib import Path

import pytest

import lstm_music_jax
from docs import strategy_table
from lstm_music_jax import strategies

README = Path(__file__).parents[1] / "README.md"


def test_the_recipe_runs():
    found = doctest.testfile(str(README), module_relative=False)
    assert found.attempted >= 5
    assert found.failed == 0


def test_the_table_of_strategies_is_up_to_date():
    readme = README.read_text()
    up_to_date = readme == strategy_table.written(readme)
    assert up_to_date, "run `python docs/strategy_table.py`"


def test_every_strategy_is_in_the_table():
    table = set(re.findall(r"`(\w+)`", README.read_text()))
    for name, value in vars(strategies).items():
        if inspect.isclass(value) and issubclass(value, strategies.Strategy):
            assert name in table | {"Strategy"}


def test_references_are_links():
    assert strategy_table.links(strategies.TopP) == [
        "[Holtzman et al. 2019](https://arxiv.org/abs/1904.09751)"
    ]
    assert len(strategy_table.links(strategies.Mirostat2)) == 2
    assert strategy_table.links(strategies.Greedy) == []


def test_public_names_exist():
    for name in lstm_music_jax.__all__:
        assert getattr(lstm_music_jax, name) is not None


@pytest.mark.parametrize("name", ["Echo", "Tournament"])
def test_the_plugins_are_the_classes_of_the_readme(name):
    example = doctest.DocTestParser().get_examples(README.read_text())
    (shown,) = (each.source for each in example if f"class {name}" in each.source)
    plugin = (README.parent / f"experiments/plugins/{name.lower()}.py").read_text()
    (in_file,) = (
        node for node in ast.parse(plugin).body if isinstance(node, ast.ClassDef)
    )
    assert ast.get_docstring(in_file)
    del in_file.body[0]
    assert ast.unparse(in_file) == ast.unparse(ast.parse(shown))
