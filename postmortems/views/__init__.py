"""The postmortems' pages: everybody signed in reads, responders write."""
