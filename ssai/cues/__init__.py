"""What a packager says about breaks: every dialect's tags read into one form, the signal.

A signal is what one tag says at one place. Which signals make a break is decided in ``ssai.breaks``.
"""
