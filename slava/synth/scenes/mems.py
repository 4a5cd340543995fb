"""MEMS devices and electrodes: drawn as layouts of a few levels, then built."""

from slava.synth.scene import Recipe
from slava.synth.scenes import devices, electrodes

FLAT, DEEP = (20.0, 60.0), (25.0, 70.0)

RECIPES: tuple[Recipe, ...] = (
    Recipe(electrodes.interdigitated, 2, FLAT, 0.3, 0.05),
    Recipe(electrodes.contacts, 2.2, FLAT, 0.25, 0.05),
    Recipe(electrodes.serpentine, 1, FLAT, 0.3, 0.05),
    Recipe(electrodes.coil, 0.8, FLAT, 0.3, 0.05),
    Recipe(electrodes.hall_bar, 1.2, FLAT, 0.25, 0.05),
    Recipe(electrodes.nanogap, 1, FLAT, 0.2, 0.05),
    Recipe(electrodes.routing, 1.5, FLAT, 0.3, 0.1),
    Recipe(electrodes.slabs, 1.2, FLAT, 0.5, 0.1),
    Recipe(devices.cantilevers, 2, DEEP, 0.6, 0.1),
    Recipe(devices.comb_drive, 1.5, DEEP, 0.5, 0.1),
    Recipe(devices.gear, 0.7, FLAT, 0.5, 0.1),
    Recipe(devices.channels, 1.5, FLAT, 0.4, 0.05),
    Recipe(devices.membrane, 1.5, DEEP, 0.4, 0.05),
    Recipe(devices.resonator, 1, DEEP, 0.5, 0.1),
)
