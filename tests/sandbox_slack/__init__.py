"""The sandbox's Slack, over real HTTP, with a tiny app that is not the product."""
