"""The Prompts page: the library, and one prompt with its versions and what came of it."""
