"""How access is decided: routes, one request explained, everybody at once, gaps, the narrowest roles."""
