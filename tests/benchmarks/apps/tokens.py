"""What every contestant's bot streams: handlers that run elsewhere repeat it."""

TOKEN = "token "
