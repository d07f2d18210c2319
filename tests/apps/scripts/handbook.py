from three_ways.script import Arrive, Edit, Pick, Press, Say

SCRIPT = [
    Arrive(),
    Pick("Days off", hears="Everybody has thirty days of holiday."),
    Press("More", hears="at home"),
    Say("Why is the sky blue?", hears="The handbook does not say."),
    Edit("Why is the sky blue?", "What is paid for meals?", hears="Meals are paid up to thirty euros a day."),
]
