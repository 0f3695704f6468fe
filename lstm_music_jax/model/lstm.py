"""One LSTM layer: its parameters, a step of one stream, and unrolling over time."""

import jax
import jax.numpy as jnp
from flax import nnx

from lstm_music_jax.model.gates import SIGMOID, Gate
from lstm_music_jax.model.unrolling import LSTMState, cell_step, unroll, unroll_rows
from lstm_music_jax.types import Array, Bool, Float, Int, PRNGKey, Token
from lstm_music_jax.xla.barriers import materialise_on_cpu
from lstm_music_jax.xla.products import product


class LSTM(nnx.Module):
    """One LSTM layer: its parameters, a single step, and unrolling over time.

    The recurrent kernels of the gates and of the candidate start orthogonal (Saxe et
    al. 2013), and the bias of the forget gate starts at 1 (Jozefowicz et al. 2015).

    Attributes:
        input_kernel: kernel of the inputs, `[i 4h]`, float32. Both kernels may be
            bfloat16 in a copy by `MusicLSTM.in_bfloat16`.
        recurrent_kernel: kernel of the hidden state, `[h 4h]`, float32.
        bias: `[4h]`, float32.
    """

    def __init__(
        self,
        input_size: int,
        size: int,
        *,
        key: PRNGKey,
        input_scale: float,
        gate: Gate = SIGMOID,
        cores: int = 1,
    ) -> None:
        """Make a layer with random parameters.

        Args:
            input_size: number of inputs, i.
            size: number of units, h.
            key: the key for the random parameters.
            input_scale: standard deviation of the input kernel.
            gate: activation of the three gates.
            cores: number of CPU cores that share each matrix-vector product when one
                stream is generated.
        """
        input_key, recurrent_key = jax.random.split(key)
        self.size = size
        self.gate = gate
        self.cores = cores
        self.input_kernel = nnx.Param(
            input_scale * jax.random.normal(input_key, (input_size, 4 * size))
        )
        orthogonal = jax.nn.initializers.orthogonal()
        gates = [
            orthogonal(k, (size, size)) for k in jax.random.split(recurrent_key, 4)
        ]
        self.recurrent_kernel = nnx.Param(jnp.concatenate(gates, axis=1))
        self.bias = nnx.Param(jnp.zeros(4 * size).at[size : 2 * size].set(1.0))

    def initial_state(self) -> LSTMState:
        """Return the zero state of one stream: cell and hidden, `[h]` each."""
        dtype = self.bias.dtype
        return LSTMState(jnp.zeros(self.size, dtype), jnp.zeros(self.size, dtype))

    def step(self, state: LSTMState, inputs: Float[Array, "i"]) -> LSTMState:
        """Return the state of one stream after it has read one vector of inputs."""
        projected = product(inputs, self.input_kernel[...], self.cores)
        return self._advance(state, projected + self.bias[...])

    def step_token(self, state: LSTMState, token: Token) -> LSTMState:
        """Return `step(state, one_hot(token))`, by reading one row of the input kernel.

        No matrix product is computed for the input.
        """
        row = self.input_kernel[...][token] + self.bias[...]
        # If XLA fused this read into the loop over the gates, a CPU would not vectorise
        # the loop. With 100 streams that read the same token, as in a sliding window of
        # 100, the gates would take 340 us instead of 90 us.
        return self._advance(state, materialise_on_cpu(row))

    def unroll(
        self,
        state: LSTMState,
        inputs: Float[Array, "t b i"],
        resets: Bool[Array, "t b"] | None = None,
    ) -> tuple[LSTMState, Float[Array, "t b h"]]:
        """Read a sequence of input vectors per stream.

        Args:
            state: the states to begin with, `[b h]` each.
            inputs: the input vectors that each stream reads.
            resets: where True, the state is set to zero before the input is read.

        Returns:
            The states after the last input, and the hidden states after every input.
        """
        projected = product(inputs, self.input_kernel[...])
        parameters = self.bias[...], self.recurrent_kernel[...]
        return unroll(projected, *parameters, state, self.gate, resets)

    def unroll_tokens(
        self,
        state: LSTMState,
        tokens: Int[Array, "t b"],
        resets: Bool[Array, "t b"] | None = None,
    ) -> tuple[LSTMState, Float[Array, "t b h"]]:
        """Return `unroll(state, one_hot(tokens), resets)`.

        Rows of the input kernel are read in place of matrix products with it.
        """
        rows = self.input_kernel[...] + self.bias[...][None]
        kernel = self.recurrent_kernel[...]
        return unroll_rows(rows, tokens, kernel, state, self.gate, resets)

    def _advance(self, state, projected):
        recurrent = product(state.hidden, self.recurrent_kernel[...], self.cores)
        preactivation = projected + recurrent
        return cell_step(preactivation, state.cell, self.gate)[0]
