"""Reference data as offices keep them: sheets read with their faults, and written back."""
