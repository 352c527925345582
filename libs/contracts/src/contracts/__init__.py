"""What travels between the services: envelope, topics, identifiers, closed lists and events.

No input or output happens here, and nothing here knows a service: every service may import
contracts, contracts imports only pydantic and msgspec.
"""
