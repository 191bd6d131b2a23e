"""AWS SNS: CloudWatch alarms and whatever else is published to a topic."""
