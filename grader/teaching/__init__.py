"""A teacher's tools: handing exercises out, writing new ones, laying submissions out for a plagiarism tool."""
