"""Apps that say `import chainlit as cl`, each run three ways: scripted, on the page, under Chainlit."""
