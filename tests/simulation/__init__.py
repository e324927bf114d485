"""The pipeline under a scheduler that decides everything: `python -m tests.simulation --seed 123` plays one run again.

Clients, matchers, clearing, settlement, the clock and an operator run the product's own code, each in a thread and a session of
its own, and stop before every statement. One goes on at a time, chosen by the seed, which also decides where a fault strikes.
"""
