"""The double-entry ledger of each school: every đồng stands twice, and nothing is ever changed."""
