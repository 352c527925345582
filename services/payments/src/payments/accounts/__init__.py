"""What a pupil owes and paid, on one page: joins what fees, receipts and the ledger know."""
