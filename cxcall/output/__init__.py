"""Print reports as text or JSON, findings, and progress; nothing else in cxcall prints."""
