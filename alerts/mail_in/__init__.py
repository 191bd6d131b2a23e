"""The process that takes mails: an SMTP listener in front of the same door that HTTP has."""
