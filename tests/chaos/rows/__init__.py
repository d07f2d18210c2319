"""The fault matrix: one file for each row, named after it."""
