"""HTTP beside the pages: the gate before everything, and the workbench's own routes."""
