"""A notebook, run headless, as one self-contained HTML file."""
