"""China's 数电票: invoices as a file for the tax platform, and the numbers that it gives back."""
