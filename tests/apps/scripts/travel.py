from three_ways.script import Arrive, Press, Say

SCRIPT = [
    Arrive(),
    Say("I want to go to Rome", hears="Then I have nothing for you."),
    Say("I want to go to Basel", hears="The train at 10:04?"),
    Press("Leave it", hears="Then I have nothing for you."),
    Say("I want to go to Basel", hears="The train at 10:04?"),
    Press("Book for 29 €", hears="How many seats?"),
    Say("2", hears="Here is your ticket."),
]
