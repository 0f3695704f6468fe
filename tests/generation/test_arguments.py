"""Each wrong argument gives an error of one line that names it."""

import json
import subprocess
import sys

import pytest

EXPECTED = {
    "no model": "model is a NoneType; it must be a model, such as load_run(folder).mod",
    "a class of models": "model is the class MusicLSTM; it must be a model",
    "no weaker model": "model of Contrastive is a NoneType; it must be a model, such",
    "a smaller guiding model": "model of Guidance has a vocabulary of 12 symbols; it m",
    "a smaller weaker model": "model of Contrastive has a vocabulary of 12 symbols; i",
    "a smaller guiding model, composed": "model of Guidance has a vocabulary of 12 sym",
    "notes": "notes is 2.5; it must be a whole number, 1 or more",
    "pieces": "pieces is 2.5; it must be a whole number, 1 or more",
    "a smaller model in a sweep": "model of Guidance has a vocabulary of 12 symbols;",
    "a fitting model in a sweep": "no error",
    "a list": "prompts is a list; it must be an array of ids, one row per stream",
    "rank 1": "prompts has shape (3,); it must be [streams, symbols]",
    "rank 3": "prompts has shape (1, 2, 3); it must be [streams, symbols]",
    "floats": "prompts has dtype float64; ids must be integers",
    "too large": "prompts holds the id 13; ids must be from 0 to 12",
    "negative": "prompts holds the id -1; ids must be from 0 to 12",
    "length": "length is 2.5; it must be a whole number, 1 or more",
    "length 0": "length is 0; it must be a whole number, 1 or more",
    "length True": "length is True; it must be a whole number, 1 or more",
    "stop": "stop is 13; it must be an id from 0 to 12",
    "stop -1": "stop is -1; it must be an id from 0 to 12",
    "stop True": "stop is True; it must be an id from 0 to 12",
    "stop as a symbol": "stop is '<end>'; it must be an id from 0 to 12",
    "an integer key": "key is 3; it must be one key, such as jax.random.key(0)",
    "an old key": "key is an array of uint32 and shape (2,); it must be one key",
    "two keys": "key is an array of key<fry> and shape (2,); it must be one key",
    "no key": "key is None; prompts need a key, such as jax.random.key(0)",
    "no strategy": "strategy is None; it must be a strategy, such as Temperature(0.9)",
    "a class": "Chain'>; it must be a strategy, such as Temperature(0.9)",
    "alien": "strategy is NotAStrategy(); it must be a strategy",
    "context": "context is 'window'; it must be a context, such as SlidingWindow(100)",
    "draw": "draw is 'gumbel'; it must be a draw, such as Gumbel()",
    "decoder": "decoder is 3; it must be a decoder, such as BeamSearch(8), or None",
    "a class of decoders": "BeamSearch'>; it must be a decoder, such as BeamSearch(8)",
    "members": "members of Independent is 0; it must be a whole number, 1 or more",
    "target": "target of SMC is 0.7; it must be a strategy, such as Temperature(0.8)",
    "an unknown id in a target": "ids of Forbid holds the id 13; ids must be from 0 to",
    "a smaller model in a target": "model of ProductOfExperts has a vocabulary of 12 s",
    "too many members": "size of part is 1073741824; with 4 members it must be at most",
    "hidden states": "model is a WithoutHidden; with ContrastiveSearch it must be one",
    "parallel_streams": "parallel_streams is 0; it must be a whole number, 1 or more",
    "part as a number": "part is 57; it must be a part of a batch, such as BatchPart(",
    "numbers of a part": "part has 1 numbers; it must have one per prompt, 2",
    "a part of one number": "part has the numbers 0; they must be a sequence, such",
    "a number of a part": "part holds the number 100; it must be from 0 to 99",
    "a part of no batch": "size of part is 0; it must be a whole number, 1 or more",
    "a part, continued": "part is given; with streams it must be None, because they ke",
    "notes and length": "notes is 2 and length is 2; give one of them",
    "no notes, no length": "notes is None and length is None; give one of them",
    "length of a piece": "length is 0; it must be a whole number, 1 or more",
    "no devices": "devices is empty; name one device or more",
    "NaN": "RuntimeError: logits of stream 0 became NaN, which give no distribution",
    "window": "window is 2.5; it must be a whole number, 1 or more",
    "not stacked": "value of Temperature has shape (); in a sweep it must have a",
    "ids": "ids of Forbid has shape (2,); in a sweep it must have a leading axis of",
    "sweep of none": "strategy is None; it must be a strategy, such as Temperature(0",
    "an unknown stop": "stop of MinLength holds the id 13; ids must be from 0 to 12",
    "an unknown id": "ids of Forbid holds the id 13; ids must be from 0 to 12",
    "an unknown id in a chain": "tokens of Force holds the id 14; ids must be from 0",
    "an unknown id in a sweep": "ids of Allow holds the id 13; ids must be from 0 to",
    "an unknown id, continued": "ids of Bias holds the id 99; ids must be from 0 to",
    "breakers": "breakers of DRY holds the id 13; ids must be from 0 to 12",
    "guidance": "prompt of Guidance holds the id 13; ids must be from 0 to 12",
    "vocabulary": "vocabulary of PitchRange has 2 symbols; it must be the model's, whi",
    "traced": "p of TopP is traced, so it cannot be checked; make the TopP outside of",
    "traced ids": "ids of Forbid is traced, so it cannot be checked; make the Forbid",
    "traced size": "memory of DRY is traced, so it cannot be checked; make the DRY out",
    "traced draw": "value of Temperature is traced, so it cannot be checked; make the",
}


@pytest.fixture(scope="module")
def answers():
    command = [sys.executable, "-m", "tests.generation.wrong_arguments"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("mistake", EXPECTED)
def test_the_error_names_the_argument(answers, mistake):
    answer = answers[mistake]
    assert EXPECTED[mistake] in answer
    assert "\n" not in answer
