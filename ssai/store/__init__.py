"""What must outlive a worker: channel versions, breaks, seats, pods and assignments, secrets, switches.

One port (``port.Store``), two stores behind it: Redis and a shipped in-memory double. One contract suite tests both.
"""
