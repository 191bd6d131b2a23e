"""Web Push: pages on phones and desktops by the browser's own push service, without any account there."""
