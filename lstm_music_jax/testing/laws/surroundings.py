"""Laws of a strategy in other surroundings: a chain, the engine and a device.

The engine is the part of `generate` that draws symbols. A law is a function that states
in its docstring what must hold. It raises `Broken` if the subject, which is the
strategy under test with its inputs, breaks it.
"""

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.engine import Notes, Plan, Sampler, begin_and_draw
from lstm_music_jax.generation.generate import CARRIED
from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.testing.findings import TOLERANCE, Broken, require, require_equal
from lstm_music_jax.testing.inputs import PROMPT, note_key, random_logits
from lstm_music_jax.testing.programs import fixed_noise, leaves_the_device
from lstm_music_jax.testing.runner import after_prompt, by_hand_with, quickly
from lstm_music_jax.testing.subject import Subject
from lstm_music_jax.testing.toy_model import ToyModel
from lstm_music_jax.types import Array, Int, PRNGKey

# The number of symbols that the engine generates.
NOTES = 6
GOLDEN_RATIO = (1 + 5**0.5) / 2


@pytree
class SteadyDraw:
    """A draw that adds the same noise to the logits each time.

    It compiles faster than a draw with random noise.
    """

    def init(self, key, stream, streams):
        """Return `()`, because this draw has no state."""
        return ()

    def draw(self, logits, state, key):
        """Return the id with the largest sum of logit and noise, and the state."""
        # The noise of two symbols differs by more than rounding.
        noise = (np.arange(logits.shape[0]) * GOLDEN_RATIO % 1).astype(np.float32)
        return jnp.argmax(logits + noise).astype(jnp.int32), state


DRAW = SteadyDraw()


def stays_on_the_device(subject: Subject) -> None:
    """The compiled strategy has no callbacks and no transfers to the host."""
    for name in leaves_the_device(subject.jaxpr()):
        raise Broken(f"the program contains {name}")
    arguments = jax.device_put(subject.arguments())
    with jax.transfer_guard("disallow"):
        jax.block_until_ready(subject.run_on(arguments))


def draws_from_its_key(subject: Subject) -> None:
    """Noise comes from the key that `apply` is given, and never from a fixed key.

    With a fixed key, every stream would have the same noise. Noise may also be computed
    from earlier symbols, as in a watermark.
    """
    for operation in fixed_noise(subject.strategy, subject.vocab_size):
        raise Broken(
            f"{operation} has a key that depends neither on the key given to `apply` "
            "nor on any symbol, so the noise is the same in every stream"
        )


def composes_in_a_chain(subject: Subject) -> None:
    """A chain of one strategy gives the same logits as that strategy alone.

    The chain also has the same values of `shift_invariant` and
    `permutation_equivariant`. For the comparison, the strategy alone gets the key that
    the chain gives it. Where the strategy forbids every symbol, the chain must ignore
    it. Logits count as the same if they forbid the same symbols, and if all
    probabilities differ by at most `TOLERANCE`.
    """
    strategy, inputs = subject.strategy, subject.inputs.row(2)
    tokens = np.asarray(subject.course.tokens)[2]
    chained = Chain(strategy)
    for flag in ("shift_invariant", "permutation_equivariant"):
        value = getattr(strategy, flag)
        require(
            getattr(chained, flag) == value,
            f"{flag} is {value}, but a chain of the strategy has another value",
        )
    logits = inputs.logits[:NOTES]
    keys = [note_key(bits) for bits in inputs.key_bits]
    # Chain(chain) has the stages of the chain, so it uses the same keys.
    same = isinstance(strategy, Chain)
    stage_keys = keys if same else [jax.random.fold_in(key, 0) for key in keys]
    state = after_prompt(strategy, inputs)
    wanted = by_hand_with(strategy, logits, stage_keys, tokens, state)
    something = (wanted > -np.inf).any(-1, keepdims=True)
    wanted = np.where(something, wanted, logits)
    state = after_prompt(chained, inputs)
    found = by_hand_with(chained, logits, keys, tokens, state)
    require_equal(wanted, found, "in a chain")


def replays_in_the_engine(subject: Subject) -> None:
    """The engine draws the same symbols as a plain Python loop.

    The loop calls `apply` and then `observe` once for each symbol. The
    log-probabilities of the symbols must differ by less than `TOLERANCE`.
    """
    strategy, key = subject.strategy, jax.random.key(7)
    v = subject.vocab_size
    table = np.array([random_logits(subject.rng, v, 0) for _ in range(v)])
    model, prompts = ToyModel(jnp.asarray(table)), jnp.asarray(subject.inputs.prompt)
    drawn = quickly(run_engine)(model, prompts, key, strategy)
    stream_key = jax.random.split(jax.random.fold_in(key, 1))[0]
    state = after_prompt(strategy, subject.inputs.row(1))
    memory, logits = model.unroll(prompts[1:2])
    memory, logits = memory[0], logits[0, -1]
    for note in range(NOTES):
        strategy_key = jax.random.fold_in(stream_key, PROMPT + note)
        shaped, state = strategy.apply(logits, state, strategy_key)
        shaped = jnp.where(jnp.any(shaped > -jnp.inf), shaped, logits)
        token, _ = DRAW.draw(shaped, (), strategy_key)
        log_prob = float(jax.nn.log_softmax(shaped)[token])
        found = int(drawn.tokens[1, note]), float(drawn.strategy_log_probs[1, note])
        require(
            int(token) == found[0] and abs(log_prob - found[1]) < TOLERANCE,
            f"note {note} is symbol {found[0]} of log-probability {found[1]}; "
            f"replayed it is {int(token)} of {log_prob}",
        )
        state = strategy.observe(token, state)
        memory, logits = model.step(memory, token)


def run_engine(
    model: ToyModel, prompts: Int[Array, "b p"], key: PRNGKey, strategy: Strategy
) -> Notes:
    """Generate six symbols per stream with the engine, on one device."""
    streams = prompts.shape[0]
    sampler = Sampler(strategy, CARRIED, DRAW)
    plan = Plan(NOTES, trace=False, parallel_streams=streams)
    indices, count = jnp.arange(streams), jnp.int32(streams)
    return begin_and_draw(model, prompts, key, indices, count, sampler, plan)[1]
