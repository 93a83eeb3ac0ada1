"""What can be measured of a clip. ``about`` says what each measure means; ``measure`` takes them all.

There is no single score of quality: blur, darkness and a low bit rate all make a clip smoother and its
pictures more alike, so a sum of these values would praise them.
"""
