"""Presets: chains in the order, and with the formulas, of widely used samplers."""

from collections.abc import Callable, Mapping
from typing import Any

from lstm_music_jax.strategies.base import Setting, Strategy
from lstm_music_jax.strategies.chain import Chain, chain
from lstm_music_jax.strategies.dry import dry
from lstm_music_jax.strategies.epsilon_cutoff import epsilon_cutoff
from lstm_music_jax.strategies.eta_cutoff import eta_cutoff
from lstm_music_jax.strategies.frequency_penalty import frequency_penalty
from lstm_music_jax.strategies.min_p import min_p
from lstm_music_jax.strategies.no_repeat_ngram import no_repeat_ngram
from lstm_music_jax.strategies.presence_penalty import presence_penalty
from lstm_music_jax.strategies.repetition_penalty import repetition_penalty
from lstm_music_jax.strategies.temperature import temperature
from lstm_music_jax.strategies.top_k import top_k
from lstm_music_jax.strategies.top_n_sigma import top_n_sigma
from lstm_music_jax.strategies.top_p import top_p
from lstm_music_jax.strategies.typical import typical
from lstm_music_jax.strategies.xtc import xtc


def _repetition_penalty(penalty: Setting) -> Strategy:
    return repetition_penalty(penalty, by_sign=True)


# Factories in order of application; the functions below give them their settings
# under the same names and in the same order.
_TRANSFORMERS = (
    _repetition_penalty,
    no_repeat_ngram,
    temperature,
    top_k,
    top_p,
    min_p,
    typical,
    epsilon_cutoff,
    eta_cutoff,
)
_LLAMA_CPP = (
    _repetition_penalty,
    frequency_penalty,
    presence_penalty,
    lambda settings: dry(**settings),
    top_n_sigma,
    top_k,
    typical,
    top_p,
    min_p,
    lambda pair: xtc(*pair),
    temperature,
)


def transformers_order(
    *,
    repetition_penalty: Setting | None = None,
    no_repeat_ngram: int | None = None,
    temperature: Setting | None = None,
    top_k: Setting | None = None,
    top_p: Setting | None = None,
    min_p: Setting | None = None,
    typical: Setting | None = None,
    epsilon_cutoff: Setting | None = None,
    eta_cutoff: Setting | None = None,
) -> Chain:
    """Chain those given, in the order of Hugging Face's `generate(do_sample=True)`.

    The order is that of the arguments: the temperature comes before what truncates.
    The repetition penalty is the shipped one, `by_sign`. Where transformers looks back
    over everything, `no_repeat_ngram` remembers what its own default does.

    >>> from lstm_music_jax.strategies import transformers_order
    >>> usual = transformers_order(temperature=0.9, top_k=50, top_p=0.95)

    Reference: `_get_logits_processor` of transformers as of commit 000034a,
    https://github.com/huggingface/transformers/blob/000034a44ef887621d9b36001a5eb7c46e64cb3f/src/transformers/generation/utils.py
    """
    return _chain_given(
        _TRANSFORMERS,
        repetition_penalty,
        no_repeat_ngram,
        temperature,
        top_k,
        top_p,
        min_p,
        typical,
        epsilon_cutoff,
        eta_cutoff,
    )


def llama_cpp_order(
    *,
    repetition_penalty: Setting | None = None,
    frequency_penalty: Setting | None = None,
    presence_penalty: Setting | None = None,
    dry: Mapping[str, Any] | None = None,
    top_n_sigma: Setting | None = None,
    top_k: Setting | None = None,
    typical: Setting | None = None,
    top_p: Setting | None = None,
    min_p: Setting | None = None,
    xtc: tuple[Setting, Setting] | None = None,
    temperature: Setting | None = None,
) -> Chain:
    """Chain those given, in llama.cpp's default order of samplers.

    The order is that of the arguments: the temperature comes last, so that it changes
    nothing of what is kept. The repetition penalty is the shipped one, `by_sign`.
    llama.cpp's penalties look back over its last 64 tokens, those here over all.

    Args:
        dry: the arguments of `dry` by name.
        xtc: the arguments of `xtc`, threshold and probability.

    >>> from lstm_music_jax.strategies import llama_cpp_order
    >>> lively = llama_cpp_order(dry={"multiplier": 0.8}, min_p=0.05, xtc=(0.1, 0.5))

    Reference: `common_params_sampling::samplers` of llama.cpp as of commit 001d906,
    https://github.com/ggml-org/llama.cpp/blob/001d906a6d86e2490e394361e7cc6f478b100088/common/common.h
    """
    return _chain_given(
        _LLAMA_CPP,
        repetition_penalty,
        frequency_penalty,
        presence_penalty,
        dry,
        top_n_sigma,
        top_k,
        typical,
        top_p,
        min_p,
        xtc,
        temperature,
    )


def _chain_given(factories: tuple[Callable[[Any], Strategy], ...], *settings) -> Chain:
    return chain(
        *(
            factory(setting)
            for factory, setting in zip(factories, settings, strict=True)
            if setting is not None
        )
    )
