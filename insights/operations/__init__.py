"""Does the pager itself work: what is read of it now, the words for it, and the watch that raises the alarm."""
