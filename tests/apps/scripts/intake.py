from three_ways.script import Arrive, Change, Give, Press, Say, Upload

LIST = Upload("list.csv", b"a,b\n1,2\n", "text/csv")
LETTER = Upload("letter.txt", b"Dear all", "text/plain")

SCRIPT = [
    Arrive(hears="to begin"),
    Say("Hello", hears="Say *apply* to begin."),
    Change({"Place": "Basel"}, hears="The place is Basel."),
    Say("apply", hears="What is your name?"),
    Say("Ada", hears="Your papers, please."),
    Give([LIST, LETTER], hears="Ada, 2 papers, Basel. Is that right?"),
    Press("No", hears="Then begin anew."),
    Say("apply", hears="What is your name?"),
    Say("Ada", hears="Your papers, please."),
    Give([LETTER], hears="Ada, 1 papers, Basel. Is that right?"),
    Press("Yes", hears="Thank you!"),
    Say("Look", files=[LETTER], hears="Look: File letter.txt 8"),
]
