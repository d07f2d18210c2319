"""What apps import from Chainlit's inner modules, and what it is here. Nothing of ours needs it."""
