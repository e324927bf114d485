"""Fees: schedules by volume and participants' own, which of them apply, and how new versions come to be."""
