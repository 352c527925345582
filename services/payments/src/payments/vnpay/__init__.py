"""VNPAY: where a payer is sent to, and what VNPAY reports when the money moved (IPN)."""
