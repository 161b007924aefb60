"""The one error of SCTE-35."""

from __future__ import annotations

from domain.errors import InputError


class SpliceError(InputError):
    """A splice_info_section, or the text that carries one, is wrong.

    ``where`` is the byte (and bit, where it is not the first) and the field as SCTE 35 names it; when encoding, the
    field alone.
    """
