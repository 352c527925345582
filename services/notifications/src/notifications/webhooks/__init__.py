"""Webhooks: subscribers get the event documents themselves, signed as Standard Webhooks says."""
