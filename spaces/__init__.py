"""What may vary: study-file text with marks, dimensions, conditions, limits and sampling. Trains nothing."""
