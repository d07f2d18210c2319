from three_ways.script import Arrive, Say

SCRIPT = [
    Arrive(),
    Say("good morning", hears="How to say good morning"),
    Say("good riddance", hears="No word for riddance."),
]
