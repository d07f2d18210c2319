from three_ways.script import Arrive, Say

SCRIPT = [
    Arrive(),
    Say("monads", hears="monads 0, 3 words."),
    Say("trouble", hears="It failed: The library is closed."),
    Say("thread", hears="3 words."),
]
