"""The ordered change log of the numbers: written once, served by page and by stream."""
