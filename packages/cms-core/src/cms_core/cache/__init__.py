"""The cache of published answers: validated generations.

An answer is kept with the generations of the scopes that it was read from, taken in the same
snapshot. It is used only after a question that was sent to the database when the reader had
arrived found the same generations. So whatever gets lost, comes late or is put back by somebody
slow, an answer from before a commit is never given to a reader who came after it; see decision
0014 for the proof.
"""

from cms_core.cache.entry import Entry
from cms_core.cache.published import Published

__all__ = ["Entry", "Published"]
