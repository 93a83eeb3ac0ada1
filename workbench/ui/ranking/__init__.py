"""The Ranking page: which arm is better, how sure that is, and what would settle it."""
