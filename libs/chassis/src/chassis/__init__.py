"""How it travels: outbox, relay, consuming, database, HTTP, tokens, health."""
