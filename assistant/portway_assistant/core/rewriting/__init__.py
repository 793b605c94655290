"""Rewriting of bodies: what they refer to by id, key, name or address at the source is referred to
at the destination. Pure: text in, text out; everything else in a body stays byte for byte.
"""
