"""What we issue: one file per credential, with its form, its life, its proof and its end."""
