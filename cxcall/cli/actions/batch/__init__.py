"""The actions of the commands for many rows: batches, their queue and workers, and loads into lists."""
