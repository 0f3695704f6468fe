"""Training: from a corpus of ids to a run folder with a trained model.

The package holds the settings (`config`), the data on the device and its two batchers
(`data`, `windows`, `streams`), the pure training step (`step`, `objective`,
`optimizer`), the loop on the host (`loop`) with its metrics and checkpoints, and the
run folder (`run_folder`) with its settings file and older versions of it (`settings`,
`versions`). It may import `model`, `music`, `xla`, `system`, `types`, `devices` and
`processes`; it knows nothing of generation and strategies. Start reading with
`loop.train`, then `step.train_steps`.
"""
