"""``python -m campaigns.model``: the shortest way to a wrong answer, for each wrong variant."""

from __future__ import annotations

from rich.console import Console

from campaigns.faults import FAULTS
from campaigns.model import rules
from campaigns.model.campaign import MODEL, Load, worlds
from campaigns.model.protocol import Protocol


def tell(console: Console) -> None:
    """Print a trace for each fault that is planted in the model."""
    for fault in FAULTS.values():
        if fault.campaign == MODEL.name:
            fault.plant()
            world = worlds(Load(readers=2, writers=2))[fault.variant]
            broken = Protocol(rules.RULES, world).explore().broken
            console.print(f"{fault.name}: {fault.what}\n{broken}\n", markup=False)
            rules.RULES = rules.Rules()


tell(Console(highlight=False, soft_wrap=True))
