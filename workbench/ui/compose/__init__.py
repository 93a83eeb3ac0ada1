"""The Compose page."""
