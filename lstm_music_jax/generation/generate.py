"""`generate` draws symbols from a model, on one device or many."""

from collections.abc import Sequence

import jax

from lstm_music_jax.generation.arguments import BatchPart
from lstm_music_jax.generation.contexts import Carried
from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.generation.draws import Draw, Gumbel
from lstm_music_jax.generation.engine import Sampler
from lstm_music_jax.generation.program import Generation, Streams, run
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.types import Array, Int, PRNGKey

MODEL_ALONE = Chain()
CARRIED = Carried()
GUMBEL = Gumbel()


def generate(
    model: Model,
    prompts: Int[Array, "b p"] | Streams,
    key: PRNGKey | None = None,
    *,
    length: int,
    stop: int | None = None,
    strategy: Strategy = MODEL_ALONE,
    context: Context = CARRIED,
    draw: Draw = GUMBEL,
    decoder: Decoder | None = None,
    trace: bool = False,
    part: BatchPart | None = None,
    parallel_streams: int | None = None,
    devices: Sequence[jax.Device] | None = None,
) -> Generation:
    """Continue every prompt by `length` symbols, drawn in one compiled call.

    Each device draws its share of the streams. A new value of a hyperparameter of the
    strategy does not recompile, unless it has another shape.

    The symbols depend neither on the number of devices nor on `parallel_streams`,
    except in the rare cases in which rounding decides between two symbols. In float32,
    the log-probabilities of the symbols depend on both by about 1e-5 at most, because
    sums are rounded in another order.

    A generation can be continued: drawing n symbols and then m more gives the same
    symbols as drawing n + m in one call. With a decoder, `members.origins` of the
    second generation says which member of the first one each member continues.

    >>> import jax.numpy as jnp
    >>> from lstm_music_jax import MusicLSTM
    >>> model = MusicLSTM(96, (32, 16), key=jax.random.key(0))
    >>> prompts = jnp.zeros((4, 1), jnp.int32)
    >>> first = generate(model, prompts, jax.random.key(1), length=100)
    >>> more = generate(model, first.streams, length=50)
    >>> more.tokens.shape
    (4, 50)

    With `stop`, a stream ends when this symbol is drawn. All its later symbols are
    `stop` too, of probability 1 (log-probability 0) and with a trace of zeros. The
    state of the stream stays as it was when it ended. The time of the call does not
    change, because `length` symbols are computed. Up to its end, a stream has the
    symbols that it would have without `stop`, unless a decoder chose them.

    Args:
        model: the model to sample from.
        prompts: one or more symbol ids per stream, or the `streams` of an earlier
            generation by the same model, strategy, context, draw and decoder. The
            hyperparameters may have other values.
        key: random key; the same key gives the same symbols. With `streams` it must be
            None, because streams keep the key that they began with.
        length: number of symbols to draw per stream, 1 or more.
        stop: id of the symbol with which a stream ends; by default no stream ends. A
            stream whose prompt ends with this symbol has already ended.
        strategy: shapes the distribution of each symbol. The default does not change
            the distribution of the model.
        context: which of the symbols so far the model remembers. The default is all of
            them: the state is never reset.
        draw: how a symbol is drawn. The default draws independently.
        decoder: continues each prompt by a population of streams, its members, which
            compete. Results then have the axes `[b m n]`. By default, each prompt is
            continued by a single stream.
        trace: whether to return numbers about each drawn symbol and its distributions,
            such as its surprisal; see `Trace`.
        part: says which streams of a larger batch these are. By default the prompts are
            the whole batch. With `streams` it must be None.
        parallel_streams: the largest number of streams that a device draws at once.
            Smaller numbers take less memory. The default is all streams, or 1024 on a
            CPU. The members of a population are always drawn at once.
        devices: the devices to draw on. The default is all devices, including those of
            other processes. Every process must then call this with equal arguments, and
            gets all streams. A call that `jit` traces uses one device by default.

    Returns:
        The drawn symbols, `[b n]`, their log-probabilities, the streams, and more; see
        `Generation`.

    Raises:
        ValueError: an argument except `trace` and `devices` has a wrong type or value,
            `devices` is empty, an id is unknown to the model, or the states of the
            streams have another structure than those of this model, strategy, context,
            draw and decoder. The values of traced arrays are not checked.
        RuntimeError: the logits became NaN, and the call is not traced.
    """
    return run(
        model,
        prompts,
        key,
        Sampler(strategy, context, draw, stop, decoder),
        length=length,
        trace=trace,
        part=part,
        parallel_streams=parallel_streams,
        devices=devices,
    )
