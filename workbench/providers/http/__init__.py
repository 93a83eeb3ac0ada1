"""What providers that speak HTTP share: one origin with its key, refusals in words, downloads."""
