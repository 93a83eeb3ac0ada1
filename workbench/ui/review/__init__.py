"""The Review page: reviews for who leads them, two clips at a time for who judges."""
