"""Units of the administration as an effective-dated tree, and the register of schools."""
