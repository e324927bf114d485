"""Published facts that hold wherever the exchange runs: delivery hubs and kinds of accelerator."""
