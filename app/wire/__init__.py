"""Calls to others: the only ring that opens outbound connections."""
