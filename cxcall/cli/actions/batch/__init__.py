"""What the commands for lists do: batches, their queue and workers, and loads into lists."""
