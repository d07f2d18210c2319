"""The store in a database: SQLite in Jupyter's data folder, or any that SQLAlchemy reaches by a URL.

`opening.py` finds and opens it, `writer.py` owns its one connection on a thread, `store.py` is what the hub sees.
"""
