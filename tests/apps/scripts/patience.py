from three_ways.script import Arrive, Begin, Say, Stop, Wait

SCRIPT = [
    Arrive(),
    Begin("count", hears="One, two, "),
    Stop(hears="I stopped."),
    Say("add", hears="The sum is 6."),
    Say("hurry", is_passing=True, hears="Quick: what is 6 times 7?"),
    Wait(hears="You said None."),
    Say("choose", is_passing=True, hears="Now?"),
    Wait(hears="Too late: True"),
]
