"""Write validation results in the formats that CI systems read; each module has `render(report)`."""
