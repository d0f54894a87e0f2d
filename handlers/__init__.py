"""What Slack sends → one call into the services → what Slack is shown."""
