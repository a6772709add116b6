"""The Python API that sends requests, with the guards and the ledger of the command."""
