"""What every installation has beside its content: health, figures, documentation, insight."""

from cms_core.system.routers import SYSTEM, system_routers

__all__ = ["SYSTEM", "system_routers"]
