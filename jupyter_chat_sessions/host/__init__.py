"""The host: what runs the author's handlers, in a kernel.

The way of a frame: `link.py` (a thread of its own) → `runtime.py` → `dispatcher.py` (one queue a session) → the
author's handler → `outbox.py` → the link again.
"""
