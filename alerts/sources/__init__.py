"""What each monitoring tool sends, read into one shape: a folder for each protocol, pure of the database."""
