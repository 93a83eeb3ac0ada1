"""Real HTTP servers on loopback, one a wire, that answer as the services do – and fail as they do, on order.

People try the whole paid way with them for nothing (``workbench emulate vertex``); the tests drive the
real SDKs against them and read in their books what was sent, and what would have been charged.
"""
