"""How fast it is, beside a peer or the limit of what it stands on, measured in the same run.

One module a line. No figure here is a test: a machine's speed is no fault of the code. ``make bench``.
"""
