"""Real reverse proxies in front of a toy API, configured as docs/protect-your-api.md says."""
