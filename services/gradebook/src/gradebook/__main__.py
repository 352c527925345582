"""``python -m gradebook serve|relay|migrate|replay|parked|config``."""

from chassis.start import start

if __name__ == "__main__":
    start("gradebook")
