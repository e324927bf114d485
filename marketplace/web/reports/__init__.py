"""Finance's reports: one page for all of them, their files, and what is sent by mail."""
