"""The edu command: runs, tests, proves and measures the suite."""
