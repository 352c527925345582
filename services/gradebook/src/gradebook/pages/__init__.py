"""The pages of the gradebook: readers and writers of its API like any other program."""
