"""What the numbers mean: one declarative entry per statistic, a formula over measures."""
