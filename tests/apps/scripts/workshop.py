from three_ways.script import Arrive, Say

SCRIPT = [
    Arrive(),
    Say("2", hears="Sand the boards first."),
    Say("0", hears="That does not work."),
]
