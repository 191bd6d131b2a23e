"""What answers requests: `public` for everybody, `editor` for those who sign in."""
