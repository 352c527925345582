"""When a column may be written: plans with their deadlines, windows, locks, re-openings.

And who sees it: what is published to guardians. A book is one subject of one class in one term.
"""
