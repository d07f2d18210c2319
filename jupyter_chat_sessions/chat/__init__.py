"""What authors write with. The names, and what they do, are Chainlit's wherever Chainlit has one."""
