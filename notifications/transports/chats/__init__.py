"""What the chat services have in common: the words, the request, the address, the pressed button."""
