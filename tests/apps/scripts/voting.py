from three_ways.script import Arrive, Press, Say

SCRIPT = [
    Arrive(hears="What shall we drink?"),
    Press("Tea", hears="So far: tea"),
    Press("Coffee", hears="So far: tea, coffee"),
    Press("Tea", hears="So far: tea, coffee, tea"),
    Press("forget", hears="All forgotten."),
    Say("stop", hears="Really stop?"),
    Press("Yes", hears="So be it."),
    Press("Undo", hears="All forgotten."),
    Say("go on", hears="Really go on?"),
    Press("No", hears="Then not."),
]
