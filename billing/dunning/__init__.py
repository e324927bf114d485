"""Dunning of overdue invoices: letters by level, holds with a reason, and rests that are given up by two people."""
