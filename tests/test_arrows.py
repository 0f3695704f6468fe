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
    "expressions": {"protocols"},
    "notebooks": set(),
    "system": set(),
    "processes": {"system"},
    "devices": {"types"},
    "music": {"notebooks", "system"},
    "automata": {"types", "pytrees", "music"},
    "report": {"system", "music", "generation", "evaluation"},
    "evaluation": {
        "automata",
        "types",
        "pytrees",
        "protocols",
        "strategies",
        "generation",
        "music",
        "notebooks",
        "system",
    },
    "xla": {"types"},
    "model": {"types", "pytrees", "xla"},
    "strategies": {
        "automata",
        "types",
        "fields",
        "pytrees",
        "protocols",
        "expressions",
        "xla",
        "music",
    },
    "generation": {
        "types",
        "fields",
        "pytrees",
        "protocols",
        "expressions",
        "xla",
        "strategies",
        "music",
        "notebooks",
        "devices",
        "system",
    },
    "testing": {"types", "pytrees", "protocols", "strategies", "generation"},
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


def test_a_family_of_strategies_imports_no_other_family():
    families = [init.parent for init in PACKAGE.glob("strategies/*/__init__.py")]
    assert len(families) == 7
    for family in families:
        for name in (
            name for module in family.glob("*.py") for name in imported(module)
        ):
            for other in families:
                prefix = f"lstm_music_jax.strategies.{other.name}."
                assert other == family or not name.startswith(prefix)


def defined(module):
    """Return the names that a module itself defines at its top level."""
    names = set()
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            found = (each for each in ast.walk(node) if isinstance(each, ast.Name))
            names |= {name.id for name in found if isinstance(name.ctx, ast.Store)}
    return names


def test_names_are_imported_from_where_they_are_defined():
    root = PACKAGE.parent
    names = {
        str(module.relative_to(root).with_suffix("")): defined(module)
        for module in MODULES
    }
    for module in MODULES:
        for name in imported(module):
            path = name.replace(".", "/")
            folder, _, last = path.rpartition("/")
            # `types` is the one place from which array types are imported.
            if not folder.startswith("lstm_music_jax") or folder.endswith("/types"):
                continue
            if path in names or f"{path}/__init__" in names:
                continue
            source = names.get(folder) or names[f"{folder}/__init__"]
            assert last in source, f"{module} imports {name}, defined elsewhere"


@pytest.mark.parametrize(
    "module",
    [each for each in MODULES if each.name == "__init__.py"],
    ids=lambda m: m.parent.name,
)
def test_each_package_says_where_to_start_and_what_it_may_import(module):
    text = " ".join(ast.get_docstring(ast.parse(module.read_text())).split())
    assert re.search(r"[Ss]tart (with|there)", text)
    assert "import" in text
    if module.parent.parent == PACKAGE and module.parent.name != "system":
        (named,) = re.findall(r"This package may import(.*?)\.(?: |$)", text)
        assert set(re.findall(r"`(\w+)`", named)) == ALLOWED[module.parent.name]


def test_the_architecture_page_shows_the_same_arrows():
    rows = re.findall(r"^\| `(\w+)(?:/|\.py)` \|.*\| ([\w, ]*)\|$", PAGE, re.MULTILINE)
    table = {room: set(re.findall(r"\w+", imports)) for room, imports in rows}
    assert table == ALLOWED


def test_the_modules_that_the_architecture_page_names_exist():
    # The page may leave out the name of a package where it is clear.
    folders = [PACKAGE.parent, PACKAGE, *PACKAGE.iterdir()]
    for name in re.findall(r"[\w/]+\.pyi?\b", PAGE):
        assert any((folder / name).is_file() for folder in folders), name
