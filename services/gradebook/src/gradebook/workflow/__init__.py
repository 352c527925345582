"""The year's workflow, where plans, cells and results meet: review, lock, publish, close."""
