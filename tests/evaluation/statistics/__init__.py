"""Tests of intervals, p-values and corrections."""
