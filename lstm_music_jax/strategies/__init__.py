"""Sampling strategies: one class per strategy, grouped in folders.

Each strategy has a file of its own; only the two presets share `presets.py`. `base.py`
is the contract, and `chain.py` applies several strategies in a row. Start with
`truncation/top_p.py`. This package may import `types`, `fields`, `pytrees`,
`protocols`, `expressions`, `xla`, `music` and `automata`. It uses models only through
their protocol.

In the formulas, l_x is the logit and p_x the probability of symbol x in the
distribution that the strategy is given, and a prime marks a new value. A symbol with a
logit of -inf is forbidden.
"""

from .base import Strategy as Strategy
from .chain import Chain as Chain
from .feedback.adaptive_p import AdaptiveP as AdaptiveP
from .feedback.look_back import LookBack as LookBack
from .feedback.loop_breaker import LoopBreaker as LoopBreaker
from .feedback.mirostat_1 import Mirostat1 as Mirostat1
from .feedback.mirostat_2 import Mirostat2 as Mirostat2
from .music.in_key import (
    HARMONIC_MINOR as HARMONIC_MINOR,
    MAJOR as MAJOR,
    MINOR as MINOR,
    PENTATONIC as PENTATONIC,
    InKey as InKey,
)
from .music.max_leap import MaxLeap as MaxLeap
from .music.no_long_rest import NoLongRest as NoLongRest
from .music.pitch_range import PitchRange as PitchRange
from .music.well_formed import WellFormed as WellFormed
from .penalties.dry import DRY as DRY
from .penalties.frequency_penalty import FrequencyPenalty as FrequencyPenalty
from .penalties.no_repeat_ngram import NoRepeatNgram as NoRepeatNgram
from .penalties.presence_penalty import PresencePenalty as PresencePenalty
from .penalties.repetition_penalty import RepetitionPenalty as RepetitionPenalty
from .presets import (
    LlamaCppOrder as LlamaCppOrder,
    TransformersOrder as TransformersOrder,
)
from .promises.copy_limit import CopyLimit as CopyLimit
from .promises.obey import Obey as Obey
from .steering.allow import Allow as Allow
from .steering.bias import Bias as Bias
from .steering.contrastive import Contrastive as Contrastive
from .steering.exponential_decay_length import (
    ExponentialDecayLength as ExponentialDecayLength,
)
from .steering.forbid import Forbid as Forbid
from .steering.force import Force as Force
from .steering.guidance import Guidance as Guidance
from .steering.min_length import MinLength as MinLength
from .steering.product_of_experts import ProductOfExperts as ProductOfExperts
from .steering.sequence_bias import SequenceBias as SequenceBias
from .steering.watermark import Watermark as Watermark
from .temperature.dynamic_temperature import DynamicTemperature as DynamicTemperature
from .temperature.edt import EDT as EDT
from .temperature.quadratic_smoothing import QuadraticSmoothing as QuadraticSmoothing
from .temperature.temperature import Temperature as Temperature
from .truncation.epsilon_cutoff import EpsilonCutoff as EpsilonCutoff
from .truncation.eta_cutoff import EtaCutoff as EtaCutoff
from .truncation.greedy import Greedy as Greedy
from .truncation.min_p import MinP as MinP
from .truncation.tail_free import TailFree as TailFree
from .truncation.top_a import TopA as TopA
from .truncation.top_h import TopH as TopH
from .truncation.top_k import TopK as TopK
from .truncation.top_n_sigma import TopNSigma as TopNSigma
from .truncation.top_p import TopP as TopP
from .truncation.typical import Typical as Typical
from .truncation.xtc import XTC as XTC
