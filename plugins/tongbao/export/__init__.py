"""What a build publishes besides search: records, the report, and the view models of pages."""
