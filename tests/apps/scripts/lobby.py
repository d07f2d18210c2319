from three_ways.script import Arrive, Say

SCRIPT = [
    Arrive(),
    Say("who", hears="True True"),
    Say("sound", hears="pcm16 1"),
    Say("call", hears="colour {'name': 'red'}"),
    Say("there was a king", hears="Once upon a time, there was a king."),
]
