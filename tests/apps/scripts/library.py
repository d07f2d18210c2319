from three_ways.script import Arrive, Rate, Resume, Say

SCRIPT = [
    Arrive(),
    Say("Emma", hears="1 on the shelf."),
    Say("Ulysses", hears="2 on the shelf."),
    Rate("2 on the shelf.", 1, hears="You said 1: None"),
    Rate("2 on the shelf.", 1, comment="Good.", hears="You said 1: Good."),
    Resume("Emma"),
    Say("where were we?", hears="['Emma', 'Ulysses'], True"),
]
