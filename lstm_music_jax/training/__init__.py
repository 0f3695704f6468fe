"""Training: windows of ids on the device, the pure step, the loop, the run folder."""
