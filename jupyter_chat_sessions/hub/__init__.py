"""The hub: the part of the Jupyter server that joins viewers and hosts, and owns sessions and threads.

`hub.py` and what it is made of know no socket and no web framework; `handlers/` adapts them to the Jupyter server.
"""
