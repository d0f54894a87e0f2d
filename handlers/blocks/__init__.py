"""Pure builders: domain values in, Block Kit out. Every sentence that a person reads in Slack is here."""
