"""An IAM to try things on: the API served from an organisation document, and a maker of sample organisations."""
