"""The pages where incidents are seen and answered."""
