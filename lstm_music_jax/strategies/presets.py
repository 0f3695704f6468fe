"""Presets: chains with the order and the formulas of widely used samplers.

A chain applies several strategies, its stages, one after another.
"""

import dataclasses
from typing import ClassVar

from lstm_music_jax.fields import refusal
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.strategies.penalties.dry import DRY
from lstm_music_jax.strategies.penalties.frequency_penalty import FrequencyPenalty
from lstm_music_jax.strategies.penalties.no_repeat_ngram import NoRepeatNgram
from lstm_music_jax.strategies.penalties.presence_penalty import PresencePenalty
from lstm_music_jax.strategies.penalties.repetition_penalty import RepetitionPenalty
from lstm_music_jax.strategies.steering.exponential_decay_length import (
    ExponentialDecayLength,
)
from lstm_music_jax.strategies.steering.min_length import MinLength
from lstm_music_jax.strategies.steering.sequence_bias import SequenceBias
from lstm_music_jax.strategies.steering.watermark import Watermark
from lstm_music_jax.strategies.temperature.temperature import Temperature
from lstm_music_jax.strategies.truncation.epsilon_cutoff import EpsilonCutoff
from lstm_music_jax.strategies.truncation.eta_cutoff import EtaCutoff
from lstm_music_jax.strategies.truncation.min_p import MinP
from lstm_music_jax.strategies.truncation.top_k import TopK
from lstm_music_jax.strategies.truncation.top_n_sigma import TopNSigma
from lstm_music_jax.strategies.truncation.top_p import TopP
from lstm_music_jax.strategies.truncation.typical import Typical
from lstm_music_jax.strategies.truncation.xtc import XTC


class Preset(Chain, init=False):
    """A chain that sorts its stages into a fixed order, which `order` gives.

    `order` holds the classes of strategies that are allowed. Each may occur once. If a
    stage is a `RepetitionPenalty`, its `by_sign` is set to True: it then multiplies
    negative logits by the penalty instead of dividing them, as these samplers do.
    """

    order: ClassVar[tuple[type[Strategy], ...]] = ()

    def __init__(self, *stages: Strategy) -> None:
        super().__init__(*stages)
        given = {type(stage): stage for stage in self.stages}
        if len(given) < len(self.stages) or not given.keys() <= set(self.order):
            names = ", ".join(cls.__name__ for cls in self.order)
            allowed = f"at most one each of {names}"
            raise refusal(type(self).__name__, "stages", list(self.stages), allowed)
        penalty = given.get(RepetitionPenalty)
        if isinstance(penalty, RepetitionPenalty):
            by_sign = dataclasses.replace(penalty, by_sign=True)
            given[RepetitionPenalty] = by_sign
        in_order = tuple(given[cls] for cls in self.order if cls in given)
        object.__setattr__(self, "stages", in_order)


class TransformersOrder(Preset, init=False):
    """Chains strategies in the order of Hugging Face's `generate(do_sample=True)`.

    The temperature comes before the strategies that truncate. If a stage is a
    `RepetitionPenalty`, its `by_sign` is set to True, as transformers multiplies
    negative logits by the penalty. transformers searches all earlier symbols for
    n-grams, while `NoRepeatNgram` searches the last `memory` symbols. `TopP` keeps all
    symbols that are as probable as the last one kept, while transformers keeps only
    some of them. The hash of transformers differs from that of `Watermark`, so a
    detector of one does not find the mark of the other.

    Args:
        stages: strategies of the classes in `order`, in any order.

    >>> from lstm_music_jax.strategies import Temperature, TopK, TopP
    >>> TransformersOrder(TopK(50), TopP(0.95), Temperature(0.9))
    TransformersOrder(Temperature(0.9), TopK(50), TopP(0.95))

    Reference: `_get_logits_processor` of transformers as of commit 000034a,
    https://github.com/huggingface/transformers/blob/000034a44ef887621d9b36001a5eb7c46e64cb3f/src/transformers/generation/utils.py
    """

    order = (
        SequenceBias,
        RepetitionPenalty,
        NoRepeatNgram,
        MinLength,
        ExponentialDecayLength,
        Temperature,
        TopK,
        TopP,
        MinP,
        Typical,
        EpsilonCutoff,
        EtaCutoff,
        Watermark,
    )


class LlamaCppOrder(Preset, init=False):
    """Chains strategies in llama.cpp's default order of samplers.

    The temperature comes last, so it does not change which symbols are kept. If a stage
    is a `RepetitionPenalty`, its `by_sign` is set to True, as llama.cpp multiplies
    negative logits by the penalty. The repetition, frequency and presence penalties of
    llama.cpp count the last 64 tokens, while those here count all symbols. `TopK`,
    `Typical` and `TopP` keep all symbols that tie with the last one kept, while
    llama.cpp keeps only some of them.

    Args:
        stages: strategies of the classes in `order`, in any order.

    >>> from lstm_music_jax.strategies import DRY, XTC, MinP
    >>> lively = LlamaCppOrder(DRY(0.8), MinP(0.05), XTC(0.1, 0.5))

    Reference: `common_params_sampling::samplers` of llama.cpp as of commit 001d906,
    https://github.com/ggml-org/llama.cpp/blob/001d906a6d86e2490e394361e7cc6f478b100088/common/common.h
    """

    order = (
        RepetitionPenalty,
        FrequencyPenalty,
        PresencePenalty,
        DRY,
        TopNSigma,
        TopK,
        Typical,
        TopP,
        MinP,
        XTC,
        Temperature,
    )
