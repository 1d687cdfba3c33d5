"""The fixtures of cms-core, offered to every pytest run where it is installed."""
