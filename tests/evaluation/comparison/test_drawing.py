"""Drawing: all arms share primers and noise, and what decoding skips is not drawn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax import SMC, generate, masks
from lstm_music_jax.evaluation.comparison import drawing
from lstm_music_jax.evaluation.comparison.drawing import (
    Drawn,
    draw,
    draw_settings,
    primers,
    report_key,
    tuning_key,
)
from lstm_music_jax.evaluation.comparison.samples import (
    generated_samples,
    given_samples,
    with_judge,
    with_model,
)
from lstm_music_jax.strategies import Chain, Temperature, TopP
from tests.evaluation.comparison.tiny import some_pieces, tiny_run

pytestmark = pytest.mark.slow

LENGTH, PIECES = 40, 6


@pytest.fixture(scope="module")
def run():
    return tiny_run()


@pytest.fixture(scope="module")
def prompts(run):
    return primers(run, [], PIECES)


def test_an_arm_has_the_symbols_of_generate_with_the_same_key(run, prompts):
    masked = Chain(*masks(run.vocabulary, run.encoding), TopP(0.7))
    alone = generate(
        run.model, prompts, jax.random.key(5), length=LENGTH, strategy=masked
    )
    settings = [TopP(0.9), TopP(0.7)]
    one = draw(run, prompts, report_key(5), TopP(0.7), length=LENGTH)
    many = draw_settings(run, prompts, report_key(5), settings, length=LENGTH)
    np.testing.assert_array_equal(one.tokens, alone.tokens)
    np.testing.assert_array_equal(many[1].tokens, alone.tokens)
    assert (many[0].tokens != alone.tokens).any()
    np.testing.assert_allclose(
        many[1].trace["surprisal"], one.trace["surprisal"], rtol=1e-4, atol=1e-5
    )


def test_an_arm_with_a_decoder_has_the_picked_members(run, prompts, monkeypatch):
    """Also if the populations are drawn in several calls."""
    masked = Chain(*masks(run.vocabulary, run.encoding), TopP(0.7))
    options = {"length": LENGTH, "decoder": SMC(4)}
    whole = generate(
        run.model, prompts, report_key(5), strategy=masked, trace=True, **options
    )
    monkeypatch.setattr(drawing, "_MEMBERS", 16)
    one, other = draw_settings(
        run, prompts, report_key(5), [TopP(0.7), TopP(0.3)], **options
    )
    rows = np.arange(PIECES), np.asarray(whole.members.picked)
    np.testing.assert_array_equal(one.tokens, np.asarray(whole.tokens)[rows])
    np.testing.assert_allclose(
        one.trace["surprisal"], np.asarray(whole.trace.surprisal)[rows], atol=1e-4
    )
    assert other.tokens.shape == one.tokens.shape
    assert (other.tokens != one.tokens).any()


def test_arms_share_their_noise(run, prompts):
    """Two strategies that change nothing draw the same symbols."""
    key = report_key(0)
    arms = [
        draw(run, prompts, key, s, length=LENGTH) for s in (Chain(), Temperature(1))
    ]
    np.testing.assert_array_equal(arms[0].tokens, arms[1].tokens)


def test_knobs_are_tuned_on_other_noise(run, prompts):
    keys = (report_key(0), tuning_key(0), report_key(1))
    drawn = [draw(run, prompts, key, Chain(), length=LENGTH).tokens for key in keys]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert (drawn[one] == drawn[other]).mean() < 0.5


def test_nothing_is_drawn_that_decoding_skips(run, prompts):
    drawn = draw(run, prompts, report_key(0), Temperature(8), length=LENGTH)
    forbidden = run.vocabulary.marker_ids + run.vocabulary.unseen_ids
    assert not np.isin(drawn.tokens, forbidden).any()
    for tokens in drawn.tokens:
        decoded = run.encoding.decode(run.vocabulary.symbols_of(tokens))
        assert decoded.skipped == 0


def test_primers_are_the_beginnings_of_held_out_pieces(run):
    held_out = some_pieces(run)
    prompts = np.asarray(primers(run, held_out, 7, length=20))
    # The last piece is too short.
    for piece, prompt in enumerate(prompts):
        np.testing.assert_array_equal(prompt, held_out[piece % 3][:21])
    with pytest.raises(ValueError, match="primer_length is 99; the longest held-out"):
        primers(run, held_out, 7, length=99)


def test_human_and_generated_pieces_are_decoded_and_cut_alike(run):
    pieces = some_pieces(run)
    given = given_samples(run, pieces, length=20, primer=5)
    assert len(given) == 3
    prompts = np.stack([ids[:6] for ids in pieces[:3]])
    drawn = Drawn(np.stack([ids[6:26] for ids in pieces[:3]]), {})
    for ours, theirs in zip(generated_samples(run, prompts, drawn), given, strict=True):
        np.testing.assert_array_equal(ours.ids, theirs.ids)
        assert len(ours.ids) == 25
        assert ours.primer == theirs.primer == 5
        assert ours.score.notes == theirs.score.notes
        assert ours.score.notes


def test_given_pieces_get_the_figures_of_the_model_and_of_the_judge(run):
    pieces = some_pieces(run)
    (sample, *_) = with_model(run, given_samples(run, pieces, length=20, primer=5))
    _, logits = run.model.unroll(jnp.asarray(pieces[0][None, :26]))
    log_probs = jax.nn.log_softmax(logits[0])
    expected = [-log_probs[place, pieces[0][place + 1]] for place in range(5, 25)]
    np.testing.assert_allclose(sample.trace["surprisal"], expected, atol=1e-4)
    (judged, *_) = with_judge(run, run.model, [sample])
    np.testing.assert_allclose(judged.trace["judge_surprisal"], expected, atol=1e-4)
    assert judged.trace["model_entropy"].shape == (20,)
