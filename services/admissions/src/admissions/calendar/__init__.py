"""School years: their days, terms and holidays."""
