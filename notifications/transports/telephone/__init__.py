"""What text messages and calls have in common: numbers, Twilio, other gateways, reports."""
