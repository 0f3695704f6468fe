"""Imports: a module imports only from allowed packages; only `music` uses music21."""

import ast
import re
from pathlib import Path

import pytest

import lstm_music_jax

PACKAGE = Path(lstm_music_jax.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
PAGE = Path(__file__).parents[1].joinpath("docs", "architecture.md").read_text()

ALLOWED = {
    "types": set(),
    "fields": {"types"},
    "pytrees": {"fields"},
    "protocols": {"types"},
    "system": set(),
    "processes": {"system"},
    "devices": {"types"},
    "music": {"system"},
    "report": {"system", "music", "evaluation"},
    "evaluation": {
        "types",
        "pytrees",
        "protocols",
        "strategies",
        "generation",
        "music",
    },
    "xla": {"types"},
    "model": {"types", "xla"},
    "strategies": {"types", "fields", "pytrees", "protocols", "xla", "music"},
    "generation": {
        "types",
        "pytrees",
        "protocols",
        "xla",
        "strategies",
        "music",
        "devices",
    },
    "testing": {"types", "pytrees", "strategies", "generation"},
    "training": {"types", "xla", "system", "music", "model", "devices", "processes"},
    "keras": {"types", "music", "model", "training"},
}


def imported(module):
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [node.module] if node.module else []
            if node.level:
                parts = module.relative_to(PACKAGE.parent).parts
                base = [*parts[: -node.level], *base]
            yield from (".".join([*base, alias.name]) for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_imports_follow_the_arrows(module):
    room = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    inside = {
        name.split(".")[1] for name in imported(module) if name.startswith("lstm_music")
    }
    assert inside - {room} <= ALLOWED[room]
    outside = {name.split(".")[0] for name in imported(module)}
    if room == "music":
        assert not outside & {"jax", "flax", "optax", "orbax"}
    else:
        assert "music21" not in outside


def test_the_architecture_page_shows_the_same_arrows():
    rows = re.findall(r"^\| `(\w+)(?:/|\.py)` \|.*\| ([\w, ]*)\|$", PAGE, re.MULTILINE)
    table = {room: set(re.findall(r"\w+", imports)) for room, imports in rows}
    assert table == ALLOWED


def test_the_modules_that_the_architecture_page_names_exist():
    # The page may leave out the name of a package where it is clear.
    folders = [PACKAGE.parent, PACKAGE, *PACKAGE.iterdir()]
    for name in re.findall(r"[\w/]+\.pyi?\b", PAGE):
        assert any((folder / name).is_file() for folder in folders), name
