"""The operations: each a NumPy function with its vjp right below it, and nothing else."""
