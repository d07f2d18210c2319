from three_ways.script import Arrive, Post, Say

SCRIPT = [
    Arrive(),
    Say("compute", hears="['open'] 1 36 36"),
    Say("toasts", hears="Four notices."),
    Say("tokens", hears="Counted."),
    Say("emit", hears="Sent."),
    Say("session", hears="[True, True, True] True"),
    Post({"weather": "rain"}, hears="The window said {'weather': 'rain'}."),
]
