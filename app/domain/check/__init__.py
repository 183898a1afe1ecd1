"""The check of a whole rulebook (清单体检): what else would show once a report goes astray."""
