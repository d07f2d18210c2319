"""What stands in for models in the apps: nobody needs a key, and it always says the same."""
