from three_ways.script import Arrive, Say

SCRIPT = [
    Arrive(),
    Say("look: the bridge", hears="I look"),
    Say("ask: Who built the tower?", hears="I ask"),
    Say("talk: Hello", hears="I talk"),
]
