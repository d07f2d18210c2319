"""What the documents say of each name, made of the code and checked against it."""
