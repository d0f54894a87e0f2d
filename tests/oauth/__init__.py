"""Many workspaces: installing, tokens, and walls between them."""
