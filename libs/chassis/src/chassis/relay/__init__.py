"""The sending half of delivery: one leader numbers the outbox's rows and sends them to Kafka."""
