"""Money that came, what it settles, and how it is taken back."""
