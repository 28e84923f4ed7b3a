"""What digitrec reaches, measured: `python -m benchmarks` prints the tables the README quotes."""
