"""The MCP server: tools with which an AI agent checks requests, and sends one if a person agrees."""
