"""Benchmarks: what one verified answer of a provider costs the whole system in CPU time, its
database included. That figure holds on a noisy machine; throughput and latency stand beside it.
`make bench` runs everything, `python -m benchmarks profile SCENARIO` shows where time goes. A
provider under test is one file in `subjects/`. Nothing here is a test and nothing here is timed
by one."""
