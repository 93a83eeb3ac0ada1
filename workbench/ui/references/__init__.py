"""The References page."""
