"""A Slack workspace with a web page and a ConnectWise site, for trying the product out and for its tests."""
