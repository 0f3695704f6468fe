"""The sampler: one scan on the device, written for one stream, vmapped over streams."""
