"""The chaos harness: a real server, real kernels, viewers behind a line that fails, and a checker of what they saw."""
