"""The played city day: simulated people who use the service over HTTP alone."""
