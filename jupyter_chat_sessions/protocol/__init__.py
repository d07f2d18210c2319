"""The protocol: what crosses the sockets, and everything about it that can be decided without one.

Pure: no I/O, no asyncio, no clock. Time, ids and randomness arrive as arguments.
"""
