"""The quarterly review: what is asked of whom, what was decided, what became of it, and the evidence."""
