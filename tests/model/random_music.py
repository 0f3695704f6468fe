"""Random pieces for n-gram models."""

import numpy as np


def music(seed):
    """Return random pieces with a start symbol, some of them very short.

    Two symbols never occur in training.
    """
    random = np.random.default_rng(seed)
    vocab_size = 12
    moves = random.dirichlet(np.full(vocab_size - 3, 0.3), (vocab_size,) * 2)

    def piece(length):
        ids = [vocab_size - 1]
        while len(ids) < length:
            ids.append(random.choice(vocab_size - 3, p=moves[tuple(ids[-2:] * 2)[-2:]]))
        return np.array(ids[:length], np.uint16)

    train = [piece(length) for length in (0, 1, 2, 3, *random.integers(4, 90, 20))]
    strange = random.integers(0, vocab_size, 30, np.uint16)
    return train, [piece(2), piece(5), piece(60), strange], vocab_size
