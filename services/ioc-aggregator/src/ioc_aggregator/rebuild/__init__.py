"""Reading the log again from its beginning."""
