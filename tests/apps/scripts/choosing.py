from three_ways.script import Arrive, Pick, Say

SCRIPT = [
    Arrive(),
    Pick("A joke", of="Fun", hears="Fast | Joke | {'size': 'small'} | Tell a joke"),
    Say("plain", hears="Fast | None | {'size': 'small'} | plain"),
    Say("marked", command="Search", modes={"size": "large"}, hears="Fast | Search | {'size': 'large'} | marked"),
    Arrive(profile="Deep"),
    Pick("A fact", of="Facts", hears="Deep | None | {'size': 'small'} | A fact for Deep"),
]
