"""What travels between the services: events, topics, ids, lists and their frozen schemas."""
