"""How a layer that cannot be followed is refused."""


class InvalidLayer(ValueError):
    """A layer that cannot be followed. `field` is the layer's field to correct, `message` says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
