"""The tables of scenarios, each module a family of causes with a list SCENARIOS."""

import importlib
import pkgutil


def variants():
    """Every scenario in every family, by name: {"NAME-v4": (scenario, 4), ...}."""
    found = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        for row in importlib.import_module(f"scenarios.{module}").SCENARIOS:
            for name, variant in row.variants().items():
                if name in found:
                    raise ValueError(f"{name}: two scenarios have this name")
                found[name] = variant
    return found
