"""The texts of messages: versioned Vietnamese templates that see what they declare, and no more."""
