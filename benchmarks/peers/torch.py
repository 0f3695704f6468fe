"""PyTorch: `nn.LSTM` with a window, carried or in training; and a compiled step."""

import contextlib
from functools import partial

import numpy as np
import torch
from programs import Program, Weights
from steps import StepProgram
from torch.nn import functional

from lstm_music_jax import TrainingConfig
from lstm_music_jax.training.batch import Batch

with contextlib.suppress(ImportError):
    # Otherwise torch.compile would import this after TensorFlow; see __init__.py.
    import triton  # noqa: F401

_runs_on, _device = "cpu", torch.device("cpu")


def set_up(threads: int, precise: bool) -> None:
    """Set threads and precision; use a GPU if this build of PyTorch can."""
    global _runs_on, _device
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision("highest" if precise else "high")
    torch.backends.cudnn.allow_tf32 = not precise
    _device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    _runs_on = "gpu" if _device.type == "cuda" else f"cpu, {threads} threads"


class Stack(torch.nn.Module):
    """The same stack of `nn.LSTM`, with one-hot inputs as in the original recipe."""

    def __init__(self, weights: Weights) -> None:
        """Copy the weights; PyTorch transposes them and adds a second bias, here 0."""
        super().__init__()
        self.layers = torch.nn.ModuleList()
        for kernel, recurrent_kernel, bias in weights.layers:
            inputs, size = len(kernel), len(recurrent_kernel)
            layer = torch.nn.LSTM(inputs, size, batch_first=True)
            layer.weight_ih_l0 = _parameter(kernel.T)
            layer.weight_hh_l0 = _parameter(recurrent_kernel.T)
            layer.bias_ih_l0 = _parameter(bias)
            layer.bias_hh_l0 = _parameter(np.zeros_like(bias))
            self.layers.append(layer)
        self.head = torch.nn.Linear(*weights.head_kernel.shape)
        self.head.weight = _parameter(weights.head_kernel.T)
        self.head.bias = _parameter(weights.head_bias)
        self.to(_device)

    def forward(self, tokens, states):
        """Read ids `[b t]`; return the logits after the last one, and the states."""
        hidden = functional.one_hot(tokens, self.head.out_features).float()
        after = []
        for layer, state in zip(self.layers, states, strict=True):
            hidden, state = layer(hidden, state)
            after.append(state)
        return self.head(hidden[:, -1]), after


class Learner(Stack):
    """The stack with dropout after each layer; it predicts every position."""

    def __init__(self, weights: Weights, dropout: float) -> None:
        """Copy the weights and make them trainable."""
        super().__init__(weights)
        self.dropout = torch.nn.Dropout(dropout)
        self.requires_grad_()
        for layer in self.layers:
            # Two trained biases would together learn twice as fast as one.
            layer.bias_hh_l0.requires_grad_(False)

    def forward(self, tokens):
        """Read ids `[b t]`; return the logits after each."""
        hidden = functional.one_hot(tokens, self.head.out_features).float()
        for layer in self.layers:
            hidden = self.dropout(layer(hidden)[0])
        return self.head(hidden)


class Cells(torch.nn.Module):
    """One step in single operations, which a compiler can fuse.

    It reads a row of the first kernel instead of multiplying with it.
    """

    def __init__(self, weights: Weights) -> None:
        """Copy the weights."""
        super().__init__()
        self.layers = [[_tensor(x) for x in layer] for layer in weights.layers]
        self.head_kernel = _tensor(weights.head_kernel)
        self.head_bias = _tensor(weights.head_bias)

    def forward(self, tokens, states):
        """Read ids `[b]`; return the next probabilities, and the states."""
        hidden, after = None, []
        for layer, state in zip(self.layers, states, strict=True):
            kernel, recurrent_kernel, bias = layer
            inputs = kernel[tokens] if hidden is None else hidden @ kernel
            gates = inputs + bias + state[1] @ recurrent_kernel
            i, f, g, o = gates.chunk(4, -1)
            cell = f.sigmoid() * state[0] + i.sigmoid() * g.tanh()
            hidden = o.sigmoid() * cell.tanh()
            after.append((cell, hidden))
        return (hidden @ self.head_kernel + self.head_bias).softmax(-1), after


def window_programs(weights: Weights, prompt: np.ndarray) -> list[Program]:
    """Return argmax by `nn.LSTM`, which reads the whole window for every note."""
    stack = Stack(weights)

    @torch.inference_mode()
    def draw(notes):
        window = torch.tensor(prompt, device=_device)[None].long()
        drawn = []
        for _ in range(notes):
            logits, _ = stack(window, [None] * len(stack.layers))
            drawn.append(logits.argmax(-1))
            window = torch.cat([window[:, 1:], drawn[-1][:, None]], 1)
        return torch.cat(drawn).cpu().numpy()

    return [Program("PyTorch, nn.LSTM over the window per note", _runs_on, draw, draw)]


def carried_programs(weights: Weights, streams: int) -> list[Program]:
    """Return draws with `torch.multinomial` from carried states: eager and compiled."""
    stack, cells = Stack(weights), Cells(weights)
    # Forget what was compiled for other numbers of streams, because it would count as
    # recompilations, and only a few recompilations are allowed.
    torch.compiler.reset()
    sizes = [len(layer.recurrent_kernel) for layer in weights.layers]
    # On a GPU this mode records the kernels once and replays them as a graph.
    mode = "reduce-overhead" if _device.type == "cuda" else "default"
    step = torch.compile(cells, mode=mode, dynamic=False, fullgraph=True)

    @torch.inference_mode()
    def eager(notes, argmax=False):
        states = [
            (_zeros(1, streams, size), _zeros(1, streams, size)) for size in sizes
        ]
        tokens, drawn = _zeros(streams).long(), []
        for _ in range(notes):
            logits, states = stack(tokens[:, None], states)
            tokens = _choose(logits.softmax(-1), argmax)
            drawn.append(tokens)
        return torch.stack(drawn, 1).cpu().numpy()

    @torch.inference_mode()
    def compiled(notes, argmax=False):
        states = [(_zeros(streams, size), _zeros(streams, size)) for size in sizes]
        tokens, drawn = _zeros(streams).long(), []
        for _ in range(notes):
            torch.compiler.cudagraph_mark_step_begin()
            probabilities, states = step(tokens, states)
            tokens = _choose(probabilities, argmax)
            if mode != "default":
                # Copy the states, because the next replay overwrites them.
                states = [(cell.clone(), hidden.clone()) for cell, hidden in states]
            drawn.append(tokens)
        return torch.stack(drawn, 1).cpu().numpy()

    return [
        Program("PyTorch, nn.LSTM", _runs_on, eager, partial(eager, argmax=True)),
        Program(
            "PyTorch, torch.compile", _runs_on, compiled, partial(compiled, argmax=True)
        ),
    ]


def beam_programs(weights: Weights, members: int) -> list[Program]:
    """Return a batched beam search that continues symbol 0, the best member first.

    It adds up log-probabilities, chooses the best of all continuations, and copies the
    states of the chosen members. At the end it traces the members back.
    """
    stack = Stack(weights)
    vocabulary = stack.head.out_features

    @torch.inference_mode()
    def draw(notes):
        states = [
            (_zeros(1, members, len(kernel)), _zeros(1, members, len(kernel)))
            for _, kernel, _ in weights.layers
        ]
        tokens = _zeros(members).long()
        # The members are equal at first, so only one of them counts.
        scores = torch.full((members,), -torch.inf, device=_device)
        scores[0] = 0
        steps = []
        for _ in range(notes):
            logits, states = stack(tokens[:, None], states)
            totals = scores[:, None] + logits.log_softmax(-1)
            scores, places = totals.flatten().topk(members)
            ancestors, tokens = places // vocabulary, places % vocabulary
            states = [tuple(x[:, ancestors] for x in state) for state in states]
            steps.append((ancestors, tokens))
        rows, drawn = torch.arange(members, device=_device), []
        for ancestors, tokens in reversed(steps):
            drawn.append(tokens[rows])
            rows = ancestors[rows]
        return torch.stack(drawn[::-1], 1).cpu().numpy()

    return [Program("PyTorch, batched beam by hand", _runs_on, draw, draw)]


def training_programs(
    weights: Weights, batch: Batch, config: TrainingConfig, dropout: float
) -> list[StepProgram]:
    """Return eager steps: forward, backward, clipping and Adam."""
    learner = Learner(weights, dropout)
    learned = [x for x in learner.parameters() if x.requires_grad]
    adam = torch.optim.Adam(learned, config.learning_rate)
    inputs, targets = (
        _tensor(np.array(x)).long() for x in (batch.inputs, batch.targets)
    )

    def run(steps):
        losses = []
        for _ in range(steps):
            adam.zero_grad()
            logits = learner(inputs)
            loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, config.clip_norm)
            adam.step()
            losses.append(loss.detach())
        return torch.stack(losses).cpu().numpy()

    return [StepProgram("PyTorch, nn.LSTM", _runs_on, run)]


def _choose(probabilities, argmax):
    if argmax:
        return probabilities.argmax(-1)
    return torch.multinomial(probabilities, 1)[:, 0]


def _tensor(array):
    return torch.tensor(array, device=_device)


def _parameter(array):
    return torch.nn.Parameter(torch.tensor(np.ascontiguousarray(array)), False)


def _zeros(*shape):
    return torch.zeros(shape, device=_device)
