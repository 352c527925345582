"""What other systems own, as their owners report it: adoption, staff, population."""
