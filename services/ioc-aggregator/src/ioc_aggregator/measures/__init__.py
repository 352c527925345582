"""What is counted: families of additive integer cells, and the facts that replace one another."""
