"""Where a snapshot comes from: an organisation document, or the IAM API."""
