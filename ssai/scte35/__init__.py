"""SCTE-35 splice information sections: decode and encode (ANSI/SCTE 35 2023r1).

Any byte string gives a section or one ``SpliceError``. What a message means for a break is decided in ``ssai.cues``.
"""
