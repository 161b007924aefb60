"""The stitching arithmetic: a playlist as a pure function of the channel version and of one seat's pods and offsets.

Layout puts a pod and slate on the timeline of a break; a plan joins it to the break's cuts; a view renders one
rendition of one version by shared bytes. No clock, no look-up, no I/O.
"""
