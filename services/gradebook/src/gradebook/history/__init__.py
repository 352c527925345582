"""What was changed, by whom, and that nobody changed the answer: the history of the score book."""
