"""Frozen values and the rules that hold between them. No I/O, no clock, no third-party SDK."""
