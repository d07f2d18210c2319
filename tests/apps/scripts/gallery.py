from three_ways.script import Arrive, Say

SCRIPT = [
    Arrive(),
    Say("pictures", hears="Small, Beside and Apart."),
    Say("texts", hears="To read:"),
    Say("documents", hears="A document."),
    Say("media", hears="To hear and to see:"),
    Say("figures", hears="Two figures."),
    Say("tables", hears="A table."),
    Say("steps", hears="Look into the step."),
    Say("later", hears="Something came."),
]
