"""Sampling strategies: one class each, and how to write one more."""

from ..fields import (
    Integer as Integer,
    Integers as Integers,
    Number as Number,
    Numbers as Numbers,
    derived as derived,
    integer as integer,
    integers as integers,
    number as number,
    numbers as numbers,
    size as size,
    tree as tree,
)
from ..pytrees import static as static
from .adaptive_p import AdaptiveP as AdaptiveP
from .allow import Allow as Allow
from .base import Strategy as Strategy
from .bias import Bias as Bias
from .chain import Chain as Chain
from .contrastive import Contrastive as Contrastive
from .dry import DRY as DRY
from .dynamic_temperature import DynamicTemperature as DynamicTemperature
from .edt import EDT as EDT
from .epsilon_cutoff import EpsilonCutoff as EpsilonCutoff
from .eta_cutoff import EtaCutoff as EtaCutoff
from .forbid import Forbid as Forbid
from .force import Force as Force
from .frequency_penalty import FrequencyPenalty as FrequencyPenalty
from .greedy import Greedy as Greedy
from .guidance import Guidance as Guidance
from .in_key import (
    HARMONIC_MINOR as HARMONIC_MINOR,
    MAJOR as MAJOR,
    MINOR as MINOR,
    PENTATONIC as PENTATONIC,
    InKey as InKey,
)
from .look_back import LookBack as LookBack
from .loop_breaker import LoopBreaker as LoopBreaker
from .max_leap import MaxLeap as MaxLeap
from .min_p import MinP as MinP
from .mirostat_1 import Mirostat1 as Mirostat1
from .mirostat_2 import Mirostat2 as Mirostat2
from .no_long_rest import NoLongRest as NoLongRest
from .no_repeat_ngram import NoRepeatNgram as NoRepeatNgram
from .pitch_range import PitchRange as PitchRange
from .presence_penalty import PresencePenalty as PresencePenalty
from .presets import (
    LlamaCppOrder as LlamaCppOrder,
    TransformersOrder as TransformersOrder,
)
from .quadratic_smoothing import QuadraticSmoothing as QuadraticSmoothing
from .repetition_penalty import RepetitionPenalty as RepetitionPenalty
from .tail_free import TailFree as TailFree
from .temperature import Temperature as Temperature
from .top_a import TopA as TopA
from .top_h import TopH as TopH
from .top_k import TopK as TopK
from .top_n_sigma import TopNSigma as TopNSigma
from .top_p import TopP as TopP
from .typical import Typical as Typical
from .xtc import XTC as XTC
