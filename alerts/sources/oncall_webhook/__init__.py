"""What was set up for Grafana OnCall: its addresses, its formatted webhook, its Grafana alerting body."""
