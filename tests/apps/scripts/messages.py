from three_ways.script import Arrive, Say

SCRIPT = [
    Arrive(),
    Say("plain", hears="A **bold** word"),
    Say("author", hears="I am somebody else."),
    Say("data", hears='"answer": 42'),
    Say("numbers", hears="1"),
    Say("thing", hears="21 degrees"),
    Say("code", hears="print('hello')"),
    Say("pieces", hears="One two three."),
    Say("replaced", hears="Final text."),
    Say("changed", hears="Done."),
    Say("removed", hears="That stays."),
    Say("system", hears="The line is recorded."),
    Say("unhappy", hears="That did not work."),
    Say("broken", hears="The kettle is empty."),
    Say("nothing"),
    Say("unknown", hears="unknown"),
]
