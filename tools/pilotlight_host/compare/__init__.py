"""The same site-days through Pilotlight, through re-created rules of others, and through a bound."""
