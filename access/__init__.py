"""What the product is about: third parties, contacts, tokens and handoffs. Knows no framework and no Slack."""
