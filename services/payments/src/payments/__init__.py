"""Owns fees, the ledger and payments."""
