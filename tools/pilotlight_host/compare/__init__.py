"""The same site-days through Pilotlight, through others' rules made anew, and through a bound."""
