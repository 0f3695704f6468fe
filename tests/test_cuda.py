"""Programs are lowered for CUDA without a GPU, so that errors in its branches show."""

import jax
import jax.numpy as jnp
import pytest

from lstm_music_jax.devices import Shard
from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.draws import Arithmetic, Gumbel
from lstm_music_jax.generation.engine import Plan, Sampler, begin_and_draw, draw_more
from lstm_music_jax.generation.sweep import stack
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.strategies import Chain, RepetitionPenalty, Temperature, TopP
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.data import training_data
from lstm_music_jax.training.step import evaluate, initial_state, train_steps

KEY = jax.random.key(0)
MODEL = MusicLSTM(40, (256, 256), cores=2, key=KEY)
SCALE = tuple(f"{name}{octave}" for octave in (3, 4, 5) for name in "CDEFGAB")
WARM = Chain(RepetitionPenalty(1.2), Temperature(0.9), TopP(0.9))


def lower_for_cuda(function, *arguments):
    """Return the text of the program for CUDA."""
    traced = jax.jit(function).trace(*arguments)
    return traced.lower(lowering_platforms=("cuda",)).as_text()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("streams", [1, 6])
@pytest.mark.parametrize("draw", [Gumbel(), Arithmetic()])
@pytest.mark.parametrize("context", [Carried(), SlidingWindow(5)])
def test_the_sampler(context, draw, streams, dtype):
    model = MODEL.in_bfloat16() if dtype == "bfloat16" else MODEL
    plan = Plan(4, trace=True, parallel_streams=4)

    def sample(model, prompts, sampler):
        indices, count = jnp.arange(streams), jnp.int32(streams)
        state, _ = begin_and_draw(model, prompts, KEY, indices, count, sampler, plan)
        endless = sampler._replace(stop=None)
        return draw_more(model, state, KEY, endless, plan)

    prompts = jnp.zeros((streams, 3), jnp.int32)
    sampler = Sampler(WARM, context, draw, jnp.int32(5))
    text = lower_for_cuda(sample, model, prompts, sampler)
    products = [line for line in text.splitlines() if "dot_general" in line]
    assert products
    # Only a CPU takes the product of a single row in parts.
    assert not any("batching_dims" in line for line in products)


def test_a_sweep():
    settings = stack([Chain(Temperature(t), TopP(0.9)) for t in (0.5, 1.0)])
    plan = Plan(4, trace=False, parallel_streams=3)

    def sweep(model, prompts, strategies):
        def draw(strategy):
            sampler = Sampler(strategy, Carried(), Gumbel())
            rows = jnp.arange(3)
            return begin_and_draw(
                model, prompts, KEY, rows, jnp.int32(3), sampler, plan
            )

        return jax.vmap(draw)(strategies)

    lower_for_cuda(sweep, MODEL, jnp.zeros((3, 2), jnp.int32), settings)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("batching", ["windows", "streams"])
def test_a_training_step_and_a_validation(batching, precision):
    model = ModelConfig(sizes=(16, 8))
    training = TrainingConfig(
        batch_size=4, window=6, batching=batching, precision=precision, transpose=2
    )
    corpus = Corpus.from_pieces(Piece(f"{k}", SCALE[k:]) for k in range(4))
    dataset = Dataset.from_corpus(corpus, NoteNames(), validation=0.3)
    feed, validation = training_data(dataset, training)
    train = feed.batcher_at(0)
    state = initial_state(model, training, len(dataset.vocabulary))
    shard = Shard(jnp.int32(0), 1)

    def step(state, batches):
        return train_steps(shard, state, batches, jnp.int32(2), config=training)

    def validate(model, batches):
        return evaluate(shard, model, batches, config=training)

    lower_for_cuda(step, state, train)
    lower_for_cuda(validate, state.model, validation)
