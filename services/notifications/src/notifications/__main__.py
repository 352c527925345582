"""``python -m notifications serve|relay|migrate|replay|parked|config``."""

from chassis.start import start

if __name__ == "__main__":
    start("notifications")
