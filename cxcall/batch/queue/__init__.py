"""Batches whose rows are sent by workers on any machine, from a queue in the ledger's database."""
