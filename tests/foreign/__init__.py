"""Services that someone else wrote, from the recorded wire alone: nothing of ``workbench`` is in them."""
