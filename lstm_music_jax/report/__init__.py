"""What a person looks at: figures of pieces and of measurements.

May import `music` alone.
"""
