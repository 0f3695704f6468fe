"""An independent reference: the model in NumPy and float64, from its equations."""

import numpy as np


def sigmoid(z):
    """Return the logistic function."""
    return 1 / (1 + np.exp(-z))


def hard_sigmoid_keras_2(z):
    """Return the function that Keras 2 calls hard_sigmoid: clip(0.2 z + 0.5, 0, 1)."""
    return np.clip(0.2 * z + 0.5, 0, 1)


def hard_sigmoid_keras_3(z):
    """Return the function that Keras 3 calls hard_sigmoid: relu6(z + 3) / 6."""
    return np.minimum(np.maximum(z + 3, 0), 6) / 6


def numpy_lstm(x, kernel, recurrent, bias, cell, hidden, gate=sigmoid):
    """Run one layer over inputs `[t ... i]`; return cell, hidden and all outputs."""
    outputs = []
    for now in x:
        z = now @ kernel + hidden @ recurrent + bias
        i, f, g, o = np.split(z, 4, axis=-1)
        cell = gate(f) * cell + gate(i) * np.tanh(g)
        hidden = gate(o) * np.tanh(cell)
        outputs.append(hidden)
    return cell, hidden, np.array(outputs)


def layer_parameters(layer):
    """Return a layer's kernel, recurrent kernel and bias."""
    parameters = (layer.input_kernel, layer.recurrent_kernel, layer.bias)
    return [np.asarray(parameter[...], np.float64) for parameter in parameters]


def numpy_logits(model, tokens, gate=sigmoid):
    """Return the logits after each of the tokens `[... t]`, from the zero state."""
    tokens = np.asarray(tokens)
    hidden = np.moveaxis(np.eye(model.vocab_size)[tokens], -2, 0)
    for layer in model.layers:
        zero = np.zeros((*tokens.shape[:-1], layer.size))
        _, _, hidden = numpy_lstm(hidden, *layer_parameters(layer), zero, zero, gate)
    head = np.asarray(model.head_kernel[...], np.float64)
    return np.moveaxis(hidden @ head + np.asarray(model.head_bias[...]), 0, -2)
