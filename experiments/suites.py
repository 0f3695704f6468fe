"""Suites: lists of strategies that cover the families, as expressions.

Truncation is tuned by its own threshold. A strategy of another family is tuned by a
temperature after it, because its own strength would change what is compared.
"""

STANDARD = (
    "DynamicTemperature(low=0.5, high=knob(1.5, 0.5, 6))",
    "EDT(temperature=knob(1, 0.1, 8), theta=0.1)",
    "QuadraticSmoothing(factor=knob(0.2, 0.01, 4))",
    "TopK(8)",
    "TopP(0.9)",
    "MinP(0.05)",
    "TopA(0.2)",
    "Typical(0.9)",
    "EpsilonCutoff(0.02)",
    "EtaCutoff(0.02)",
    "TopNSigma(1.5)",
    "TopH(0.5)",
    "TailFree(0.95)",
    "Chain(XTC(threshold=0.1, probability=0.5), Temperature(knob(1, 0.1, 8)))",
    "Chain(RepetitionPenalty(1.2), Temperature(knob(1, 0.1, 8)))",
    "Chain(FrequencyPenalty(0.1), Temperature(knob(1, 0.1, 8)))",
    "Chain(NoRepeatNgram(8), Temperature(knob(1, 0.1, 8)))",
    "Chain(DRY(0.8), Temperature(knob(1, 0.1, 8)))",
    "Chain(LoopBreaker(n=16, repeats=2, factor=1.5), Temperature(knob(1, 0.1, 8)))",
    "Mirostat2(tau=knob(2, 0.1, 8), eta=0.1)",
)
SUITES = {"standard": STANDARD}
