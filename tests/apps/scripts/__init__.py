"""What is done in each app."""
