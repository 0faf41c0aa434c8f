"""What makes the generated parts of docs/: a page an asset, and the screenshots."""
