"""Changes as any pipeline can tell them."""
