"""The benchmarks' own parts: what they time, how, and how results are compared."""

import json

import compare
import jax
import numpy as np
import pytest
import timing
from programs import (
    OURS,
    Program,
    agreement,
    carried_programs,
    ids,
    pace,
    weights_of,
    window_programs,
)

from lstm_music_jax import MusicLSTM
from tests.references import numpy_logits


@pytest.fixture(scope="module")
def model():
    return MusicLSTM(13, (12, 8), key=jax.random.key(0))


def test_window_programs_draw_the_same_notes(model):
    prompt = np.arange(7, dtype=np.int32)
    drawn = {
        program.name: ids(program.draw(20)).tolist()
        for program in window_programs(model, prompt, notes=20, threads=1)
    }
    expected = prompt.tolist()
    for _ in range(20):
        expected.append(int(numpy_logits(model, expected[-7:])[-1].argmax()))
    assert drawn[OURS] == expected[7:]
    assert all(notes == expected[7:] for notes in drawn.values())


def test_carried_programs_draw_the_same_notes(model):
    ours, loop = carried_programs(model, streams=3, threads=1)
    expected = [0]
    for _ in range(9):
        expected.append(int(numpy_logits(model, expected)[-1].argmax()))
    for program in (ours, loop):
        assert ids(program.by_argmax(9)).tolist() == [expected[1:]] * 3
    assert ids(loop.draw(9)).shape == (3, 9)


def test_weights_are_the_models(model):
    weights = weights_of(model)
    assert [m.shape for m in weights.products] == [(12, 48), (12, 32), (8, 32), (8, 13)]
    np.testing.assert_array_equal(
        weights.layers[0].kernel, model.layers[0].input_kernel
    )


def test_agreement_counts_notes_before_the_first_other():
    ours = np.arange(6)
    assert agreement(np.arange(4), ours) == "4 of 4"
    assert agreement(np.array([0, 1, 7, 3]), ours) == "2 of 4"
    assert agreement(np.stack([ours, ours + (ours == 5)]), ours[None]) == "5 of 6"


def test_measure_runs_programs_in_turn():
    calls = []
    programs = {name: lambda name=name: calls.append(name) for name in "ab"}
    timings = timing.measure(programs, 3)
    assert "".join(calls) == "ab" + 3 * "ab"
    assert [len(timings[name].repeats) for name in "ab"] == [3, 3]


def test_timing_has_minimum_median_and_spread():
    found = timing.Timing(9.0, (2.0, 5.0, 3.0))
    assert (found.best, found.median, found.spread) == (2.0, 3.0, 0.5)


def test_pace_fits_the_notes_to_the_time():
    calls = []
    fast = Program("fast", "", calls.append)
    assert pace(fast, seconds=60, most=1000).notes == 1000
    assert pace(fast, seconds=0, most=1000).notes == 10
    assert pace(Program("", "", calls.append, notes=7), seconds=0, most=9).notes == 7
    assert calls == [10] * 6 + [7] * 2


def result(rows, **others):
    return {"circumstances": {"cores": 2, **others}, "rows": rows}


def test_compare_shows_ratios_with_their_spread(tmp_path, capsys):
    before = result(
        [
            {"program": "a", "streams": 1, "ms": 2.0, "share": 0.0, "spread": 0.05},
            {"program": "a", "streams": 8, "ms": 4.0, "share": "", "spread": 0.01},
            {"program": "b", "streams": 1, "ms": 4.0, "share": 1.0, "spread": 0.01},
        ],
        commit="x",
    )
    after = result(
        [
            {"program": "a", "streams": 8, "ms": 2.0, "share": 1.0, "spread": 0.02},
            {"program": "a", "streams": 1, "ms": 2.1, "share": 0.5, "spread": 0.02},
        ],
        commit="y",
    )
    paths = tmp_path / "before.json", tmp_path / "after.json"
    for path, content in zip(paths, (before, after), strict=True):
        path.write_text(json.dumps(content))
    compare.main(compare.Arguments(*paths))
    assert capsys.readouterr().out.splitlines() == [
        "| program | streams | ms | share | spread |",
        "| --- | --- | --- | --- | --- |",
        "| a | 1 | (1.05) | - | 7.0% |",
        "| a | 8 | 0.5 | - | 3.0% |",
        "",
        "only in before: b, 1",
        "commit: x -> y",
    ]


def test_compare_reads_what_write_writes(tmp_path, capsys):
    rows = [{"what": "x", "notes": 10, "seconds": 1.5, "spread": 0.1}]
    for keys in ((), ("what",)):
        timing.write(tmp_path, "table", rows, keys)
        content = json.loads((tmp_path / "table.json").read_text())
        after = content | {"rows": [rows[0] | {"notes": 20, "seconds": 3.0}]}
        found = compare.report(content, after)
        if keys:
            assert found.splitlines()[2] == "| x | 2 | 20.0% |"
        else:
            assert "no row is in both" in found
    assert "| x | 10 | 1.5 | 0.1 |" in capsys.readouterr().out
