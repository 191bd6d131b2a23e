"""Drills: marked tests of paging, sent end to end, that say who is reached and how fast. They open no incident."""
