"""Training: from a corpus of ids to a run folder with a trained model.

Start with `train.train`, which opens or resumes a run, then `loop`, the loop on the
host, and `step.train_steps`, the pure training step on the device.

- `config`: the settings.
- `data`, `windows`, `streams`: the training and validation data, and two ways to make
  batches: of windows, which are short shuffled sequences, or of streams, which are
  pieces laid end to end. They use `ids`, `batch`, `shuffle`, `keys` and `transpose`.
- `step`, `objective`, `optimizer`: the training step.
- `train`, `loop`, `reporting`, `tensorboard`, `tally`, `signals`, `checkpoints`: the
  loop, and the files that it writes.
- `run_folder`, `settings`, `differences`, `versions`: the run folder, and how old ones
  are read.
- `run_summary`: the state, settings and losses of a run, without its checkpoints.
- `baselines`: losses of n-gram models, for comparison.

This package may import `model`, `music`, `xla`, `system`, `types`, `devices` and
`processes`. It does not depend on generation and strategies.
"""
