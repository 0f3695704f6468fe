"""The benchmarks: their programs, how they are timed, and how results are compared."""

import ast
import dataclasses
import json
from pathlib import Path

import compare_results
import jax
import numpy as np
import peers
import pytest
import strategies
import timing
import training
import writing
from populations import PROGRAMS, population_program
from programs import (
    Program,
    agreement,
    as_array,
    carried_program,
    choose_length,
    python_loop_program,
    rerun_window_program,
    weights_of,
    window_program,
)
from steps import limit_programs, step_products, stored_bytes

from lstm_music_jax import ModelConfig, MusicLSTM, TrainingConfig
from lstm_music_jax.testing.examples import EXAMPLES
from tests.references import numpy_logits


@pytest.fixture(scope="module")
def model():
    return MusicLSTM(13, (12, 8), key=jax.random.key(0))


def test_window_programs_draw_the_same_notes(model):
    prompt = np.arange(7, dtype=np.int32)
    one_piece, rerun, three_pieces = (
        as_array(program.draw(20)).tolist()
        for program in (
            window_program(model, prompt, 20, threads=1),
            rerun_window_program(model, prompt, 20, threads=1),
            window_program(model, prompt, 20, threads=1, pieces=3),
        )
    )
    expected = prompt.tolist()
    for _ in range(20):
        expected.append(int(numpy_logits(model, expected[-7:])[-1].argmax()))
    assert one_piece == rerun == expected[7:]
    assert three_pieces == 3 * [expected[7:]]


def test_carried_programs_draw_the_same_notes(model):
    scan = carried_program(model, streams=3, threads=1)
    loop = python_loop_program(model, streams=3, threads=1)
    expected = [0]
    for _ in range(9):
        expected.append(int(numpy_logits(model, expected)[-1].argmax()))
    for program in (scan, loop):
        assert as_array(program.by_argmax(9)).tolist() == [expected[1:]] * 3
    assert as_array(loop.draw(9)).shape == (3, 9)


def test_programs_of_populations_draw_all_members(model):
    drawn = {
        name: as_array(population_program(model, name, 3).draw(5)) for name in PROGRAMS
    }
    assert {each.shape for each in drawn.values()} == {(3, 5)}
    best = drawn["BeamSearch"][0].tolist()
    totals = [
        sum(
            jax.nn.log_softmax(logits)[token]
            for logits, token in zip(
                numpy_logits(model, [0, *line[:-1]]), line, strict=True
            )
        )
        for line in (best, *drawn["independent streams"].tolist())
    ]
    assert totals[0] == max(totals)


def test_weights_are_copied_from_the_model(model):
    weights = weights_of(model)
    assert [m.shape for m in weights.products] == [(12, 48), (12, 32), (8, 32), (8, 13)]
    np.testing.assert_array_equal(
        weights.layers[0].kernel, model.layers[0].input_kernel
    )


def test_agreement_counts_notes_before_the_first_difference():
    notes = np.arange(6)
    assert agreement(np.arange(4), notes) == "4 of 4"
    assert agreement(np.array([0, 1, 7, 3]), notes) == "2 of 4"
    assert agreement(np.stack([notes, notes + (notes == 5)]), notes[None]) == "5 of 6"


def test_measure_runs_programs_in_turn():
    calls = []
    programs = {name: lambda name=name: calls.append(name) for name in "ab"}
    timings = timing.measure(programs, 3)
    assert "".join(calls) == "ab" + 3 * "ab"
    assert [len(timings[name].repeats) for name in "ab"] == [3, 3]


def test_measure_repeats_slow_programs_three_times():
    timings = timing.measure({"slow": lambda: None}, 5, seconds=0)
    assert len(timings["slow"].repeats) == 3


def test_timing_has_minimum_median_and_spread():
    found = timing.Timing(9.0, (2.0, 5.0, 3.0))
    assert (found.best, found.median, found.spread) == (2.0, 3.0, 0.5)


def test_the_length_of_a_run_fits_the_time():
    calls = []
    fast = Program("fast", "", calls.append)
    assert choose_length(fast, seconds=60, most=1000).notes == 1000
    assert choose_length(fast, seconds=0, most=1000).notes == 10
    assert choose_length(fast, seconds=0, most=1000, fewest=30).notes == 30
    fixed = Program("", "", calls.append, notes=7)
    assert choose_length(fixed, seconds=0, most=9).notes == 7
    assert calls == [10] * 9 + [7] * 2


def test_products_equal_a_count_by_hand():
    # Two windows of 5 have 10 positions. The layers have 4 and 3 units, of 7 symbols.
    counted = step_products(ModelConfig((4, 3)), vocabulary=7, batch=2, width=5)
    numbers = 4 * 16 + 3 * 12 + 4 * 12 + 3 * 7
    assert sum(product.flops for product in counted) == 3 * 2 * 10 * numbers
    first, by_input, by_matrix, *_ = counted
    assert first == (2, 4, 16, 5)
    assert by_input == (2, 16, 4, 5)
    assert by_matrix == (4, 10, 16, 1)


def test_products_of_many_streams_are_computed_in_parts():
    model = ModelConfig((4, 3))
    whole, many = (step_products(model, 7, batch, 5) for batch in (150, 300))
    assert {product[:3] for product in many} == {product[:3] for product in whole}
    for one, two in zip(whole, many, strict=True):
        assert two.flops == 2 * one.flops


def test_limit_programs_compute_every_product():
    needed = step_products(ModelConfig((4, 3)), vocabulary=7, batch=2, width=5)
    in_xla, in_numpy = (program.run(1) for program in limit_programs(needed))
    for one, other in zip(in_xla, in_numpy, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_stored_bytes_equal_a_count_by_hand():
    # A layer of size h stores 4 h gates, h cells and h outputs. There are 7 logits.
    floats = 10 * (16 + 4 + 4 + 12 + 3 + 3 + 7)
    assert stored_bytes(ModelConfig((4, 3)), vocabulary=7, positions=10) == 4 * floats


def test_the_package_program_takes_training_steps():
    arguments = training.Arguments(sizes=(8, 6), vocabulary=13, window=5)
    (program,) = training.training_programs(arguments, [], batch=4, dropout=0.0)
    losses = np.asarray(program.run(3))
    assert losses.shape == (3,)
    assert losses[0] == pytest.approx(np.log(13), abs=0.3)
    assert (np.diff(losses) < 0).all()
    assert program.memory > stored_bytes(ModelConfig((8, 6)), 13, 4 * 5)


def test_other_libraries_read_settings_that_exist():
    # The libraries are not installed for the tests, so their files are only parsed.
    names = {
        node.attr
        for path in Path(peers.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "config"
    }
    assert {"learning_rate", "clip_norm"} <= names
    assert names <= {field.name for field in dataclasses.fields(TrainingConfig)}


def test_every_strategy_that_stands_alone_is_measured():
    measured = strategies.table()
    assert {"TopP", "DRY", "LlamaCppOrder"} <= measured.keys()
    others = {example.name for example in EXAMPLES if example.needs}
    assert {"Guidance", "Contrastive", "InKey"} <= others
    assert len(measured) + len(others) + 1 == len(EXAMPLES)
    promises = " and ".join(strategies.PROMISES).split(" and ")
    assert others >= set(promises)


def test_the_promises_are_built_at_the_size_that_their_goal_is_for():
    made, (row,) = strategies.built(["Obey"])
    obey = made["Obey"]
    assert 8_000 < len(obey.automaton) <= 10_000
    obey.check_vocabulary(strategies.VOCABULARY)
    assert row["promise"] == "Obey"
    assert 0 < row["MB"] < 10


def test_all_libraries_write_the_same_notes(tmp_path, monkeypatch):
    score = writing.random_score(40)
    programs = writing.programs_for(score, tmp_path)
    assert {writing.THIS_PACKAGE, "mido", "pretty_midi", "symusic"} <= programs.keys()
    assert writing.notes_in(tmp_path / "mido.mid") == list(score.notes)
    write = writing.write_with_mido
    monkeypatch.setattr(
        writing, "write_with_mido", lambda notes, path: write(notes[1:], path)
    )
    with pytest.raises(RuntimeError, match="mido has written other notes"):
        writing.programs_for(score, tmp_path)


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
    compare_results.main(compare_results.Arguments(*paths))
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
    rows = [{"operation": "x", "notes": 10, "seconds": 1.5, "spread": 0.1}]
    for keys in ((), ("operation",)):
        timing.write(tmp_path, "table", rows, keys)
        content = json.loads((tmp_path / "table.json").read_text())
        after = content | {"rows": [rows[0] | {"notes": 20, "seconds": 3.0}]}
        found = compare_results.report(content, after)
        if keys:
            assert found.splitlines()[2] == "| x | 2 | 20.0% |"
        else:
            assert "no row is in both files" in found
    assert "| x | 10 | 1.5 | 0.1 |" in capsys.readouterr().out
