"""`chainlit.logger`: the logger that Chainlit's apps write to."""

from __future__ import annotations

import logging

logger = logging.getLogger("chainlit")
"""Chainlit's name for it, so that an author's logging configuration goes on working."""
