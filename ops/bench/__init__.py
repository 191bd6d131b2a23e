"""What Tocsin can do on this machine, measured against a Tocsin that the bench starts itself."""
