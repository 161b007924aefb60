"""What a packager says about breaks: every dialect's tags read into one form, the signal.

A signal is what the tags at one place say. Which signals make a break on a live channel is decided in ``ssai.breaks``;
``pairing`` does it for a single playlist, for people. The dialects are described in ``docs/dialects.md``.
``splice`` is the only module here that knows ``ssai.scte35``.
"""
