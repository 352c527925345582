"""Where an erased person is forgotten in every slice at once."""
