"""Notifications: guardians, their consents and wishes, messages to them, webhook subscribers."""
