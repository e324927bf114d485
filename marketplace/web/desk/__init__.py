"""Finance's desk: credit notes, months, transfers and their corrections, fees and tax, vouchers."""
