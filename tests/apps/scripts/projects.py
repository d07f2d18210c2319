from three_ways.script import Arrive, Say

SCRIPT = [
    Arrive(),
    Say("Tea", hears="Have a look beside."),
    Say("same", hears="Still the draft."),
    Say("close", hears="Closed."),
]
