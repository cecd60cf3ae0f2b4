"""How a person proves who they are, one file per way, and how often they may try."""
