"""The order books: numpy and numba only, no Django, no I/O, no clock."""
