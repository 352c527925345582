"""Kafka and PostgreSQL where nothing but Python is installed: fetched once, checked, supervised."""
