from three_ways.script import Arrive, Edit, Say

SCRIPT = [
    Arrive(hears="True None"),
    Say("bread", hears="1: bread"),
    Say("milk", hears="2: bread, milk"),
    Edit("milk", "butter", hears="3: bread, milk, butter"),
    Say("history", hears='["bread", "butter", "history"]'),
    Say("where", hears="webapp True {} en-US"),
    Say("reset", hears="0 True"),
    Say("clear", hears="0 left"),
    Arrive(hears="True None"),
    Say("tea", hears="1: tea"),
]
