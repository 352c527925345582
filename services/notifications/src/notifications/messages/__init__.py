"""Messages to guardians: queued once per event, sent by a provider, never twice on purpose."""
