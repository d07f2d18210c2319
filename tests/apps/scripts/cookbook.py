from three_ways.script import Arrive, Say

SCRIPT = [
    Arrive(),
    Say("pancakes for 3", hears="Enjoy!"),
    Say("stew for 2", hears="Enjoy!"),
    Say("soup for 0", hears="Enjoy!"),
]
