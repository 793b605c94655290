"""How many requests an app may send to a site, and a site take, in a minute."""
