"""What the API takes and says about answers and expectations."""
