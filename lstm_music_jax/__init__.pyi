"""The public API: what a type checker sees, and what `__init__.py` loads lazily."""

from . import processes as processes, strategies as strategies
from .automata.automaton import Automaton as Automaton
from .automata.builders.bars import bars as bars
from .automata.builders.fixed import (
    fixed_notes as fixed_notes,
    fixed_symbols as fixed_symbols,
)
from .automata.builders.motifs import contains as contains, excludes as excludes
from .automata.builders.patterns import (
    AnySymbol as AnySymbol,
    Either as Either,
    InOrder as InOrder,
    OneOf as OneOf,
    Repeat as Repeat,
    Sounding as Sounding,
    matching as matching,
)
from .automata.builders.pitches import (
    within_key as within_key,
    within_range as within_range,
)
from .automata.builders.well_formed import well_formed as well_formed
from .automata.known_pieces import KnownPieces as KnownPieces
from .automata.operations import (
    complement as complement,
    ended as ended,
    intersection as intersection,
    minimised as minimised,
    union as union,
)
from .automata.passages import Passages as Passages, copied_lengths as copied_lengths
from .evaluation.best_symbols import (
    BestSymbols as BestSymbols,
    best_symbols as best_symbols,
)
from .evaluation.calibration import (
    Calibration as Calibration,
    calibration as calibration,
)
from .evaluation.choosing import (
    best_of as best_of,
    minimum_bayes_risk as minimum_bayes_risk,
)
from .evaluation.comparison.analysis import compare as compare
from .evaluation.comparison.pieces import Measures as Measures, Pieces as Pieces
from .evaluation.comparison.preferences import preferences as preferences
from .evaluation.comparison.results import Comparison as Comparison
from .evaluation.comparison.samples import given_samples as given_samples
from .evaluation.comparison.sentence import sentence as sentence
from .evaluation.comparison.standard import (
    Standard as Standard,
    standard_measures as standard_measures,
)
from .evaluation.comparison.votes import Vote as Vote, read_votes as read_votes
from .evaluation.epsilon_perplexity import (
    best_epsilon as best_epsilon,
    log_epsilon_perplexities as log_epsilon_perplexities,
)
from .evaluation.measures.base import (
    Direction as Direction,
    DistanceMeasure as DistanceMeasure,
    PieceMeasure as PieceMeasure,
    Sample as Sample,
    SetMeasure as SetMeasure,
)
from .evaluation.measures.watermark import (
    WatermarkDetection as WatermarkDetection,
    detect_watermark as detect_watermark,
)
from .evaluation.note_figures import (
    NoteFigures as NoteFigures,
    ReadPiece as ReadPiece,
    note_figures as note_figures,
)
from .evaluation.symbol_kinds import symbol_kinds as symbol_kinds
from .evaluation.teacher_forced import (
    Forced as Forced,
    teacher_force as teacher_force,
    teacher_force_sweep as teacher_force_sweep,
)
from .expressions import read_expression as read_expression
from .generation.arguments import BatchPart as BatchPart
from .generation.composition import (
    Composition as Composition,
    compose as compose,
    start_prompts as start_prompts,
)
from .generation.contexts import Carried as Carried, SlidingWindow as SlidingWindow
from .generation.decoders.base import (
    Candidates as Candidates,
    Choice as Choice,
    Decoder as Decoder,
    Prompt as Prompt,
)
from .generation.decoders.beam_search import BeamSearch as BeamSearch
from .generation.decoders.best_of import BestOf as BestOf
from .generation.decoders.contrastive_search import (
    ContrastiveSearch as ContrastiveSearch,
)
from .generation.decoders.diverse_beam_search import (
    DiverseBeamSearch as DiverseBeamSearch,
)
from .generation.decoders.expressions import read_decoder as read_decoder
from .generation.decoders.independent import Independent as Independent
from .generation.decoders.smc import SMC as SMC
from .generation.decoders.stochastic_beam import (
    StochasticBeam as StochasticBeam,
    log_importance_weights as log_importance_weights,
)
from .generation.draws import Arithmetic as Arithmetic, Gumbel as Gumbel
from .generation.generate import generate as generate
from .generation.masks import masks as masks
from .generation.origin import Origin as Origin
from .generation.population import History as History, Members as Members
from .generation.program import Generation as Generation, Streams as Streams
from .generation.redrawing import redraw as redraw, scores_after as scores_after
from .generation.sweep import grid as grid, stack as stack, sweep as sweep
from .generation.trace import Trace as Trace
from .keras.importing import import_keras as import_keras
from .keras.model import KerasFileError as KerasFileError, KerasModel as KerasModel
from .keras.reading import read_keras as read_keras
from .model.music_lstm import MusicLSTM as MusicLSTM
from .model.ngrams import NGram as NGram
from .music.audio import write_wav as write_wav
from .music.corpus.dataset import Dataset as Dataset
from .music.corpus.loading import (
    load_chorales as load_chorales,
    load_midi_folder as load_midi_folder,
)
from .music.corpus.pieces import Corpus as Corpus, Piece as Piece
from .music.corpus.symbols_file import (
    load_symbols as load_symbols,
    write_symbols as write_symbols,
)
from .music.divergence import Divergence as Divergence, divergence as divergence
from .music.encodings.base import Encoding as Encoding
from .music.encodings.events import Events as Events
from .music.encodings.note_names import NoteNames as NoteNames
from .music.encodings.performance import Performance as Performance
from .music.midi.reading import read_midi as read_midi
from .music.midi.record import read_record as read_record
from .music.midi.writing import write_midi as write_midi
from .music.notation.musicxml import write_musicxml as write_musicxml
from .music.repetition import Repetition as Repetition, repetition as repetition
from .music.score import (
    TICKS_PER_QUARTER as TICKS_PER_QUARTER,
    Note as Note,
    Score as Score,
)
from .music.selection import Selection as Selection
from .music.vocabulary import Vocabulary as Vocabulary
from .report.comparison_figures import (
    against_human as against_human,
    forest as forest,
)
from .report.figures import (
    knob_curves as knob_curves,
    loss_curve as loss_curve,
    piano_roll as piano_roll,
)
from .report.heat_figure import heat_table as heat_table
from .report.model_figures import (
    loss_figure as loss_figure,
    reliability_diagram as reliability_diagram,
)
from .strategies.expressions import read_strategy as read_strategy
from .training.checkpoints import (
    CheckpointError as CheckpointError,
    SaveError as SaveError,
)
from .training.config import (
    ModelConfig as ModelConfig,
    TrainingConfig as TrainingConfig,
)
from .training.loop import NonFiniteLossError as NonFiniteLossError
from .training.run_folder import (
    Run as Run,
    RunFolder as RunFolder,
    load_run as load_run,
)
from .training.signals import Stopped as Stopped
from .training.train import train as train
