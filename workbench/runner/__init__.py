"""Drives every run through its provider: claims, submits, polls, downloads, resumes."""
