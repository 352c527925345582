"""The page of the IOC: what people see of `/indicators`, `/histograms`, `/feed` and `/freshness`.

It is a reader of the public API like any other and imports nothing of the aggregator. Its modules
run in the browser as they stand in ``static/``; there is no build step.
"""

from ioc_aggregator.dashboard.serving import install

__all__ = ["install"]
