"""The first level: a table in the process, bounded by bytes; what was used last stays longest."""

from __future__ import annotations

from collections import OrderedDict

from cms_core.cache.entry import Entry

#: A single entry may take this share of the table.
LARGEST_SHARE = 4


class Memory:
    """Entries by key, `limit` bytes in all; 0 keeps nothing."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self.used = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> Entry | None:
        """Return the entry of a key, which is current or not."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, entry: Entry) -> None:
        """Keep an entry in place of the one that its key had."""
        self.drop(entry.key)
        size = entry.size
        if size * LARGEST_SHARE > self._limit:
            return
        self._entries[entry.key] = entry
        self._sizes[entry.key] = size
        self.used += size
        while self.used > self._limit:
            self.drop(next(iter(self._entries)))

    def recount(self, entry: Entry) -> None:
        """Take notice of an entry that has grown, if it is still kept."""
        if self._entries.get(entry.key) is entry:
            self.put(entry)

    def drop(self, key: str) -> None:
        """Forget the entry of a key, if there is one."""
        if self._entries.pop(key, None) is not None:
            self.used -= self._sizes.pop(key)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._sizes.clear()
        self.used = 0
