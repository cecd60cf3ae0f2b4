"""What an authorization request must satisfy, and what happens next: the return address
is proven first, then the checks run in order, then the decision is taken."""
