"""The hub's edge: each handler adapts one route of the Jupyter server to the hub, and decides nothing else."""
