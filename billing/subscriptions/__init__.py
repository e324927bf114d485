"""Reports that come by mail every day, week or month."""
