from three_ways.script import Arrive, Say

SCRIPT = [
    Arrive(hears="What's your name?"),
    Say("Ada", hears="Nice to meet you, Ada!"),
    Say("It rains.", hears="Ada, you said: It rains."),
    Arrive(hears="What's your name?"),
    Say("Bob", hears="Nice to meet you, Bob!"),
]
