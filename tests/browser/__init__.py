"""The product as a person sees it: the sandbox's page in headless Chromium, the bot behind it."""
