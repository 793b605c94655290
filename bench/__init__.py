"""The bench: what the product does per second, beside a floor measured in the same run.

A floor is the least that could do the work: a bare function call, a bare `executemany`, a receiver
in C. Product and floor take turns, so that a busy machine slows both. No figure is asserted
anywhere: the bench reports. Source: docs/reference/bench.md
"""
