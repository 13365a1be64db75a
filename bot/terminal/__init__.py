"""What a person at a terminal, or a program behind a pipe, gets to see of a report."""
