from three_ways.script import Arrive, Change, Say, Try

SCRIPT = [
    Arrive(hears="Ada likes it kind."),
    Say("Hello", hears="Ada, kind: Hello"),
    Change({"Name": "Bob", "Warmth": 0.7}, hears="tone=kind, name=Bob, warmth=0.7, signed=True, languages=['en']"),
    Say("Hello", hears="Bob, kind: Hello"),
    Change(
        {"Signed": False, "Languages": ["English", "French"], "Tone": "dry"},
        hears="signed=False, languages=['en', 'fr']",
    ),
    Say("Hello", hears="Bob, dry: Hello"),
    Arrive(hears="Ada likes it kind."),
    Try({"Tone": "dry"}, hears="Ada likes it kind."),
    Change({"Tone": "bone-dry"}, hears="tone=bone-dry, name=Ada"),
]
