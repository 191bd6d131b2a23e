"""The proof of paging: what was due to people and what became of it, as a signed document that can be checked."""
