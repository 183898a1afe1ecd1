"""What would have made a decision different, by the very functions that decide."""
