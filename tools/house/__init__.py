"""The house rules that no compiler checks, a file a kind of rule. tools/check.py runs them."""
