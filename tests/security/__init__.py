"""Every page against an adversary. Tables walk the URLconf, so that a new page cannot escape them."""
