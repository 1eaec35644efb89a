"""What people do step by step: each function runs one operation, or asks before one, and says what the answer is.

A flow raises AccessError where an operation refuses; `handlers.guard` turns that into words.
"""
