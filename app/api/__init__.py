"""HTTP, thin: parse, call one flow, render."""
