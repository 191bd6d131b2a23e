"""Any JSON object, or a list of them, read by the names that such fields usually have."""
