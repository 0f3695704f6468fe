"""compare.py: what it writes, and that it goes on where it was interrupted."""

import json
import re
from types import SimpleNamespace

import compare
import compared_run
import comparison_page
import numpy as np
import pytest
import replay
import train

from lstm_music_jax import load_run, read_record
from tests.evaluation.comparison.made_up_votes import entry, write
from tests.experiments.calling import TINY, call

# The second one has no knob, because tuning with a decoder takes many draws.
LIMITED, DECODED = "Chain(CopyLimit(20), TopP(0.8))", "SMC(3, target=Temperature(0.5))"
SMALL = ["--strategies", LIMITED.replace("0.8", "knob(0.8, 0.1, 1)"), DECODED]
SMALL += ["--curves"]
SMALL += ["--match-entropy", 0.9, "--pieces", 6, "--length", 40, "--quick"]


@pytest.fixture(scope="module")
def comparable(midi, tmp_path_factory):
    """Return a run with several held-out pieces."""
    folder = tmp_path_factory.mktemp("runs") / "comparable"
    arguments = ["--midi", midi, "--validation", 0.4, *TINY]
    assert call(train, "--run", folder, *arguments) == 0
    return folder


@pytest.fixture(scope="module")
def finished(comparable, tmp_path_factory):
    out = tmp_path_factory.mktemp("comparisons") / "finished"
    assert call(compare, "--run", comparable, *SMALL, "--out", out) == 0
    return out


def content(folder):
    """Return the bytes of all files of results and draws, by their names."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for kind in ("*.json", "figures/*", "tuned/*")
        for path in folder.glob(kind)
    }


def count_draws(monkeypatch, stop_after=None):
    """Count the arms that are drawn; optionally interrupt the script after some."""
    drawn = []

    def draw(*arguments, **settings):
        if len(drawn) == stop_after:
            raise KeyboardInterrupt
        drawn.append(arguments)
        return original(*arguments, **settings)

    original = compared_run.draw
    monkeypatch.setattr(compared_run, "draw", draw)
    return drawn


@pytest.mark.slow
def test_a_comparison_writes_everything(finished):
    as_set = json.loads((finished / "as-set.json").read_text())
    names = as_set["comparison"]["arms"]
    assert names == ["ancestral sampling", LIMITED, f"{DECODED} with Chain()"]
    assert as_set["sentence"].startswith("With the settings as given, ")
    matched = json.loads((finished / "at-0.9.json").read_text())
    tuned = matched["tuned"][0]
    assert [one["tried"] for one in tuned] == [36, 36, 0]
    reached = [one["strategy"] for one in tuned[1:] if one["reached"]]
    assert matched["comparison"]["arms"] == ["ancestral sampling", *reached]
    for name in ("Chain-CopyLimit-20-TopP-0.8", "ancestral-sampling", "greedy"):
        (figures,) = finished.glob(f"figures/run-0-0?-{name}.json")
        values = json.loads(figures.read_text())
        assert {len(of_pieces) for of_pieces in values.values()} == {6}
        assert len(list(finished.glob(f"midi/0?-{name}-*.mid"))) == 2
    # The promise is on both pages, as set and at equal entropy.
    page = (finished / "comparison.md").read_text()
    rows = re.findall(r"\| no copied run longer than 20 symbols +\| longest.*", page)
    assert rows
    assert all("| 6 of 6 pieces" in row for row in rows)
    assert "no copied run longer than 20" in (finished / "report.html").read_text()


@pytest.mark.slow
def test_the_pieces_of_strategies_are_drawn_again(comparable, finished, capsys):
    """Those that are tuned as well. The music of an n-gram model is in no run."""
    tuned = json.loads((finished / "at-0.9.json").read_text())["tuned"][0][0]
    for pattern, strategy in (
        ("01-Chain-CopyLimit-20-TopP-0.8-*", LIMITED),
        ("02-SMC-3-*", f"{DECODED} with Chain()"),
        ("00-0.9-ancestral-sampling-*", tuned["strategy"]),
        ("00-greedy-*", "Greedy()"),
    ):
        path = min((finished / "midi").glob(f"{pattern}.mid"))
        capsys.readouterr()
        assert call(replay, path, "--run", comparable) == 0
        described, verdict = capsys.readouterr().out.splitlines()
        assert f" of 6, drawn by {strategy} from {comparable}" in described
        assert verdict.startswith("every note is the same (")
    for path in (finished / "midi").glob("00-3-gram-*.mid"):
        assert read_record(path) is None


@pytest.mark.slow
def test_anchors_are_drawn_like_strategies(comparable, finished):
    """With the same masks; and the figures of the model are those of the run's own."""
    comparison = json.loads((finished / "as-set.json").read_text())["comparison"]
    names = ["greedy", "5-gram", "3-gram", "unigram", "shuffled"]
    assert comparison["anchors"] == ["human", "training pieces", *names]
    assert {row["valid"] for row in comparison["rows"]} == {True, False, None}
    run = load_run(comparable)
    allowed = ~np.isin(np.arange(len(run.vocabulary)), run.vocabulary.marker_ids)
    allowed[run.vocabulary.unseen_ids] = False
    for name in names[1:4]:
        drawn = np.load(finished / "draws" / f"run-0-00-{name}.npz")
        assert drawn["tokens"].shape == (6, 40)
        assert allowed[drawn["tokens"]].all()
        assert np.unique(drawn["tokens"], axis=0).shape[0] == 6
        for measure, of_ngram in (
            ("judge's surprisal", name == "3-gram"),
            ("model entropy", False),
        ):
            found = comparison["values"][name][measure]["mean"]["value"]
            trace = "surprisal" if measure.startswith("judge") else "model_entropy"
            close = np.isclose(found, drawn[trace].mean(), rtol=1e-4)
            assert close == of_ngram


def test_the_page_holds_the_sentences_the_tables_and_all_pictures(finished):
    page = (finished / "comparison.md").read_text()
    for table in ("as-set", "at-0.9"):
        found = json.loads((finished / f"{table}.json").read_text())
        assert found["sentence"] in page
        for row in found["comparison"]["rows"]:
            assert row["name"] in page
    pictures = set(re.findall(r"!\[[^]]+\]\((.+)\)", page))
    assert pictures == {path.name for path in finished.glob("*.png")}
    assert {picture.split("-")[0] for picture in pictures} == (
        {"forest", "loops", "heat", "frontier"}
    )
    assert all((finished / name).with_suffix(".svg").exists() for name in pictures)
    assert "```sh\npython compare --run " in page
    # Two pieces of the fixture are held out, and both are long enough.
    assert "with 2 human pieces" in page
    assert "No held-out piece is shorter" in page


def report_of(folder, name="report.html"):
    """Return the HTML of a page and its data."""
    page = (folder / name).read_text()
    data = re.search('<script type="application/json" id="data">(.*?)</script>', page)
    return page, json.loads(data[1])


def test_the_report_holds_what_the_page_holds(finished):
    page, data = report_of(finished)
    assert page.count('<p class="lead">') == 2
    markdown = (finished / "comparison.md").read_text()
    headings = re.findall(r"^##+ (.*)$", markdown, re.MULTILINE)
    found = re.findall("<h[23]>(.*?)</h[23]>", page)
    assert [heading for heading in found if heading in headings] == headings
    tables = re.findall(r"^\| -[-| ]+$", markdown, re.MULTILINE)
    assert page.count("<thead>") == len(tables)
    assert page.count("data:image/svg+xml") == markdown.count("![")
    # The settings are those of the folder.
    assert "<th scope=row>seed</th><td>0</td>" in page
    names = [piece["name"] for piece in data["pieces"]]
    assert len([name for name in names if name.startswith("human, piece")]) == 2
    for name in ("greedy", "5-gram", LIMITED, f"{DECODED} with Chain()"):
        assert names.count(f"{name}, median piece") == 1
        assert names.count(f"{name}, worst piece") == 1
    for piece in data["pieces"]:
        if "file" in piece.get("facts", {}):
            assert {"surprisal", "alternatives"} <= piece.keys()
            assert (finished / piece["facts"]["file"]).exists()


def test_listeners_get_a_page_without_results(finished):
    page, data = report_of(finished, "blind.html")
    body = page[page.index("<main>") : page.index("</main>")]
    assert "ancestral" not in body
    assert "TopP" not in body
    (blind,) = data["blind"]
    assert blind == report_of(finished)[1]["blind"][0] | {"sets": blind["sets"]}
    first = blind["sets"][0]
    assert first["arms"] == [LIMITED, "ancestral sampling"]
    assert {piece["name"] for piece in data["pieces"]} == {"excerpt"}
    pieces = [pair["piece"] for pair in first["pairs"]]
    assert len(set(pieces)) == len(pieces) > 0


@pytest.mark.slow
def test_votes_are_added_to_the_pages(finished, resumed):
    out, _ = resumed
    markdown = (out / "comparison.md").read_text()
    said = re.search("One listener gave [1-6] votes on unlabelled pairs", markdown)[0]
    page, _ = report_of(out)
    assert said in page
    assert "&lt;b&gt;loud&lt;/b&gt;" in page
    assert "<b>loud" not in page
    # Without the votes, the page is the one that it was, but for the command.
    rest = markdown[: markdown.index("## What listeners")]
    rest += markdown[markdown.index("## Quality against") :]
    before = (finished / "comparison.md").read_text()
    for line, other in zip(rest.splitlines(), before.splitlines(), strict=True):
        assert line == other or line.startswith("python compare")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "votes is {path}, which was made for another comparison"),
        ({"version": 9}, "votes is {path}; its version is 9, not 1"),
    ],
)
def test_votes_that_do_not_belong_here_change_nothing(
    comparable, finished, tmp_path, capsys, changes, message
):
    path = write(tmp_path / "votes.json", [entry(0, "A")], **changes)
    before = content(finished), (finished / "comparison.md").read_bytes()
    arguments = ["--run", comparable, *SMALL, "--out", finished, "--votes", path]
    assert call(compare, *arguments) == 2
    *_, error = capsys.readouterr().err.splitlines()
    assert message.format(path=path) in error
    assert (content(finished), (finished / "comparison.md").read_bytes()) == before


def test_the_curves_are_written(finished):
    (of_run,) = json.loads((finished / "curves.json").read_text())
    rows = json.loads((finished / "as-set.json").read_text())["comparison"]["rows"]
    # In the order of the columns of all primary tables.
    assert [*of_run] == [row["name"] for row in rows if row["primary"]]
    for lines in of_run.values():
        assert len(lines) == 2
        assert lines[0]["change"]["value"] == 0
        assert lines[0]["entropies"] == lines[1]["entropies"]


def test_a_page_without_curves_says_why():
    without = SimpleNamespace(tables=[], lines=[{}], folder=None)
    *_, last = comparison_page.frontiers(without)
    assert "reach no common entropy" in last.markdown()


@pytest.fixture(scope="module")
def resumed(comparable, finished, tmp_path_factory):
    """Interrupt a comparison, damage files, and go on with votes that listeners gave.

    Returns the folder, what was there before the second call, and what that call drew.
    """
    folder = tmp_path_factory.mktemp("resumed")
    out = folder / "out"
    arguments = ["--run", comparable, *SMALL, "--out", out]
    with pytest.MonkeyPatch.context() as patch:
        first = count_draws(patch, stop_after=2)
        assert call(compare, *arguments) == 130
    kept = sorted(out.glob("draws/*"))
    assert len(first) == len(kept) == 2
    kept[0].write_bytes(kept[0].read_bytes()[:-1000])
    (figures, *_) = out.glob("figures/*-human.json")
    figures.write_text('{"repeated 4-grams": [0.1')
    votes = votes_on(finished, folder / "votes.json")
    with pytest.MonkeyPatch.context() as patch:
        second = count_draws(patch)
        assert call(compare, *arguments, "--votes", votes) == 0
    return out, second


def votes_on(comparison, path):
    """Write votes for the first arm of a comparison."""
    (blind,) = report_of(comparison)[1]["blind"]
    first = blind["sets"][0]
    options = {"arms": first["arms"], "first": first["arms"][0]}
    entries = [
        entry(pair["piece"], "A", pair=pair["pair"], remark="<b>loud</b>", **options)
        for pair in first["pairs"]
    ]
    return write(path, entries, comparison=blind["comparison"])


@pytest.mark.slow
def test_an_interrupted_comparison_goes_on(finished, resumed):
    """What is there is not drawn again, but a damaged file is."""
    out, second = resumed
    # The draws of curves are not counted.
    whole = [p.name for p in finished.glob("draws/*") if "swept" not in p.name]
    assert len(second) == len(whole) - 1
    assert content(out) == content(finished)
    for path in finished.glob("draws/*"):
        before, after = np.load(path), np.load(out / "draws" / path.name)
        assert set(before) == set(after)
        assert all((before[name] == after[name]).all() for name in before)


@pytest.mark.slow
def test_a_folder_of_other_settings_is_refused(comparable, finished, capsys):
    arguments = ["--run", comparable, *SMALL, "--out", finished, "--seed", 1]
    before = content(finished)
    assert call(compare, *arguments) == 2
    *_, error = capsys.readouterr().err.splitlines()
    assert "other settings (seed is 0, and now 1); name a new folder" in error
    assert content(finished) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "strategies is empty; name some, or --suite standard"),
        (["--strategies", "TopP(2)"], "p of TopP is 2"),
        (["--strategies", "TopP(0.9)", "TopP( 0.9 )"], "holds 'TopP(0.9)' twice"),
        (["--pieces", "1"], "pieces is 1; it must be 2 or more"),
        (["--match-entropy", "high"], "match_entropy is high; it must be human, or a"),
        (["--match-entropy", "0"], "match_entropy is 0; it must be human, or a"),
        (["--match-entropy", "0.9", "0.90"], "holds 0.90 twice; name each one once"),
        (["--judge", "nowhere"], "judge is nowhere; it must be a run folder"),
        (["--votes", "no.json"], "votes is no.json; it must be a file that the page"),
        (["--plugin", "no.py"], "plugin is no.py; it must be a Python file"),
        (["--length", "999"], "length is 999; 0 held-out pieces have 999 symbols or"),
        (
            ["--primer-length", "999"],
            "primer_length is 999; the longest held-out piece",
        ),
        (
            ["--match-entropy", "1", "--strategies", "LookBack(0.5, 3)"],
            "which has 2 numbers; mark the one to tune and its range, such as knob(0.5",
        ),
        (
            ["--strategies", "TopP(knob(0.9))"],
            "it may hold knob once, with a value and the ends of its range",
        ),
        (["--strategies", "TopP(knob(0.9, 0.95, 1))"], "knob is (0.9, 0.95, 1)"),
        (["--primary", "beauty"], "primary holds 'beauty'; it must hold names of"),
    ],
)
def test_wrong_arguments(comparable, tmp_path, capsys, arguments, message):
    if "--strategies" not in arguments and arguments:
        arguments = ["--strategies", "TopP(0.9)", *arguments]
    if "--length" not in arguments:
        arguments = ["--length", 40, *arguments]
    command = ["--run", comparable, "--out", tmp_path / "out", *arguments]
    assert call(compare, *command) == 2
    *_, error = capsys.readouterr().err.splitlines()
    assert message in error
    assert not list(tmp_path.iterdir())


def test_a_model_is_not_compared_twice(comparable, tmp_path, capsys):
    command = ["--run", comparable, "--run", comparable, "--out", tmp_path / "out"]
    assert call(compare, *command, "--strategies", "TopP(0.9)") == 2
    message = f"run is {comparable}, whose model is that of {comparable}; name each"
    assert message in capsys.readouterr().err
