"""A deterministic province at its true scale, and its school year as events.

Everything follows from the seed: the same seed gives the same bytes, in the same order, in every
process. Nothing of it goes through a service; the events are what the services would have written.
"""
