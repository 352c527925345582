"""From events to deltas: one module per source stream, each with one pure function ``fold``.

A fold reads nothing but its events. Live reading, catching up and rebuilding call the same one.
"""
