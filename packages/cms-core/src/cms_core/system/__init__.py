"""What every installation has beside its content: health, figures, documentation, insight."""

from cms_core.system.jobs import show_jobs
from cms_core.system.routers import DELIVERIES, SYSTEM, system_routers

__all__ = ["DELIVERIES", "SYSTEM", "show_jobs", "system_routers"]
