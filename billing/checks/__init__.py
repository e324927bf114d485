"""What must hold of the books, a file a part: each check selects the rows that break it and says so in a sentence."""
