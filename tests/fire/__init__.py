"""The fire test (``make fire``): processes that drive paid runs are killed at random, again and again.

The emulators' books are the other side of the account: what they accepted would have been charged.
"""
