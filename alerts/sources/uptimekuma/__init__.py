"""What Uptime Kuma's webhook notification sends."""
