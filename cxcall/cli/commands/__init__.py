"""The commands with their options: one file per command, and each function calls one action.

A file that declares options has no `from __future__ import annotations`: Typer needs the types of their values.
"""
