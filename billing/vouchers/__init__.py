"""Vouchers (算力券): programmes, whom they are for, and what they pay of delivered compute."""
