"""What goes wrong at a start, said to a person."""


class CannotStart(Exception):
    """Tocsin cannot start; the message is one line that says why and what to do."""
