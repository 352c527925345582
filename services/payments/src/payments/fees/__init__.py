"""What a school collects, why it may, and what each pupil is asked for."""
