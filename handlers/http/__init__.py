"""What reaches us over HTTP."""
