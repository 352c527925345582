"""``python -m ioc_aggregator serve|relay|migrate|replay|parked|config|rebuild``."""

from chassis.start import start

if __name__ == "__main__":
    start("ioc_aggregator")
