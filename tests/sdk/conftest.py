"""Hypothesis without deadlines: how long an example takes says more of the machine than of it."""

from hypothesis import settings

settings.register_profile("without deadlines", deadline=None)
settings.load_profile("without deadlines")
