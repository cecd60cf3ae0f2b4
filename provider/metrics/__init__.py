"""What is counted while serving, in the words of Prometheus. Nothing is unless the setting
`metrics_address` asks for it; then it is counted by `counting`, timed by `timing`, and shown
at that address by `exposition`. Every label takes its values from this code or from a
registry, never from a request, and none says who."""

from provider.metrics.metrics import NOTHING, Metrics

__all__ = ["NOTHING", "Metrics"]
