"""The reading half of delivery: position, effect, parking and outbox in one SQL transaction."""
