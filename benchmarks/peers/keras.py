"""Keras on TensorFlow: `predict` or a compiled function per note; `train_on_batch`."""

import os

# TensorFlow reports each of its optional plug-ins on import.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from programs import Program, Weights
from steps import StepProgram

from lstm_music_jax import TrainingConfig
from lstm_music_jax.training.batch import Batch

_runs_on = "cpu"


def set_up(threads: int, precise: bool) -> None:
    """Set threads and precision; call it before any operation of TensorFlow."""
    global _runs_on
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_tensor_float_32_execution(not precise)
    devices = tf.config.list_physical_devices("GPU")
    for device in devices:
        # By default TensorFlow would reserve all free memory of a GPU.
        tf.config.experimental.set_memory_growth(device, True)
    _runs_on = "gpu" if devices else f"cpu, {threads} threads"


def window_programs(weights: Weights, prompt: np.ndarray) -> list[Program]:
    """Return argmax on one-hot windows, as the original recipe feeds them."""
    size, vocabulary = len(prompt), len(weights.head_bias)
    model = _model(weights, size, vocabulary)

    def predict(notes):
        drawn = list(prompt)
        for _ in range(notes):
            window = np.zeros((1, size, vocabulary), np.float32)
            window[0, np.arange(size), drawn[-size:]] = 1
            drawn.append(int(np.argmax(model.predict(window, verbose=0))))
        return np.array(drawn[size:])

    @tf.function
    def next_note(window):
        probabilities = model(tf.one_hot(window, vocabulary)[None], training=False)
        token = tf.argmax(probabilities[0], output_type=tf.int32)
        return token, tf.concat([window[1:], token[None]], 0)

    def compiled(notes):
        window, drawn = tf.constant(prompt, tf.int32), []
        for _ in range(notes):
            token, window = next_note(window)
            drawn.append(token)
        return np.array([token.numpy() for token in drawn])

    return [
        Program("Keras, model.predict per note", _runs_on, predict, predict),
        Program("Keras, one tf.function call per note", _runs_on, compiled, compiled),
    ]


def _model(weights, size, vocabulary):
    *firsts, last = weights.layers
    model = keras.Sequential(
        [
            keras.Input((size, vocabulary)),
            *(
                keras.layers.LSTM(len(layer.recurrent_kernel), return_sequences=True)
                for layer in firsts
            ),
            keras.layers.LSTM(len(last.recurrent_kernel)),
            keras.layers.Dense(vocabulary, activation="softmax"),
        ]
    )
    _copy(weights, model)
    return model


def training_programs(
    weights: Weights, batch: Batch, config: TrainingConfig, dropout: float
) -> list[StepProgram]:
    """Return `train_on_batch`, compiled as Keras does by default."""
    vocabulary = len(weights.head_bias)
    inputs = keras.Input((batch.inputs.shape[1],), dtype="int32")
    hidden = keras.ops.one_hot(inputs, vocabulary)
    for layer in weights.layers:
        size = len(layer.recurrent_kernel)
        hidden = keras.layers.LSTM(size, return_sequences=True)(hidden)
        hidden = keras.layers.Dropout(dropout)(hidden)
    model = keras.Model(inputs, keras.layers.Dense(vocabulary)(hidden))
    _copy(weights, model)
    # The others add their epsilon of 1e-8 after the bias correction. Keras adds it
    # before, and then the first step weighs it 1 / sqrt(1 - 0.999) times as much.
    adam = keras.optimizers.Adam(
        config.learning_rate, epsilon=3.2e-10, global_clipnorm=config.clip_norm
    )
    model.compile(adam, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ids = [tf.constant(np.array(x)) for x in (batch.inputs, batch.targets)]

    def run(steps):
        return np.array([model.train_on_batch(*ids) for _ in range(steps)])

    return [StepProgram("Keras, train_on_batch", _runs_on, run)]


def _copy(weights, model):
    # Keras has the same order of gates, and the same order of a layer's arrays.
    arrays = [array for layer in weights.layers for array in layer]
    model.set_weights([*arrays, weights.head_kernel, weights.head_bias])
